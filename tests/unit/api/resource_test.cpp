// Devices, notifications and parcels on the API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api_harness.h"

namespace yizhan::api {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(Resources, NotificationsAreTheSameAsOnThePushServer) {
  RunningApi api;
  const Answer added =
      api.ask("POST", "/api/v1/notifications", R"({"aud":"user","recipient_id":"u-1","content":"hello"})");
  ASSERT_EQ(added.status, 202) << added.raw.body;
  EXPECT_EQ(api.notifications_due, 1);
  EXPECT_FALSE(added.body.as_object().contains("ok")) << "this server says so by the status alone";
  EXPECT_EQ(api.ask("GET", "/api/v1/notifications/" + added.text("id")).text("content"), "hello");
  EXPECT_THAT(api.ask("GET", "/api/v1/notifications?aud=user").body.at("notifications").as_array(), SizeIs(1));

  const Answer wrong = api.ask("POST", "/api/v1/notifications", R"({"aud":"user","recipient_id":"u-1"})");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.code(), "field_missing");
  EXPECT_THAT(wrong.raw.head, HasSubstr("application/problem+json"));
  EXPECT_EQ(api.ask("GET", "/api/v1/notifications/none").status, 404);
}

TEST(Resources, DevicesAreListed) {
  RunningApi api;
  api.on_writer([](store::Store& store) {
    ASSERT_TRUE(store.register_device({.cid = "c-1", .user_id = "u-1"}, utc_now()));
    ASSERT_TRUE(store.register_device({.cid = "c-2", .user_id = "u-2"}, utc_now()));
  });
  EXPECT_THAT(api.ask("GET", "/api/v1/devices").body.at("devices").as_array(), SizeIs(2));
  const Answer one = api.ask("GET", "/api/v1/devices?limit=1");
  ASSERT_THAT(one.body.at("devices").as_array(), SizeIs(1));
  EXPECT_THAT(api.ask("GET", "/api/v1/devices?limit=1&after=" + one.text("next")).body.at("devices").as_array(),
              SizeIs(1));
  EXPECT_THAT(api.ask("GET", "/api/v1/devices?cid=c-2").body.at("devices").as_array(), SizeIs(1));
}

TEST(Resources, AParcelIsMadeKnownAndChanged) {
  RunningApi api;
  EXPECT_EQ(api.ask("GET", "/api/v1/waybills/YT1").code(), "waybill_not_found");
  const Answer put = api.ask("PUT", "/api/v1/waybills/YT%2F1",
                             R"({"carrier_code":"YTO","order_id":"o-1","user_id":"u-1","merchant_id":"m-1"})");
  ASSERT_EQ(put.status, 200) << put.raw.body;
  EXPECT_EQ(put.text("tracking_no"), "YT/1");
  EXPECT_EQ(put.text("user_id"), "u-1");
  EXPECT_TRUE(put.body.at("status_code").is_null());
  const Answer changed = api.ask("PUT", "/api/v1/waybills/YT%2F1", R"({"order_id":"o-1","user_id":"u-2"})");
  EXPECT_EQ(changed.text("id"), put.text("id"));
  const Answer shown = api.ask("GET", "/api/v1/waybills/YT%2F1");
  EXPECT_EQ(shown.text("user_id"), "u-2");
  EXPECT_EQ(shown.text("merchant_id"), "m-1") << "what is left out stays";
  EXPECT_EQ(shown.text("carrier_code"), "YTO");
  EXPECT_THAT(shown.body.at("events").as_array(), SizeIs(0));
}

TEST(Resources, WhatIsWrongWithAParcelIsNamed) {
  RunningApi api;
  struct Case {
    const char* body;
    const char* code;
    const char* says;
  };
  for (const Case& wrong : {Case{"[]", "json_invalid", ""}, Case{R"({"carrier":"x"})", "field_unknown", "'carrier'"},
                            Case{R"({"user_id":"u"})", "field_missing", "'order_id'"},
                            Case{R"({"order_id":7})", "field_invalid", "'order_id'"}}) {
    const Answer answer = api.ask("PUT", "/api/v1/waybills/YT1", wrong.body);
    EXPECT_EQ(answer.status, answer.code() == "json_invalid" ? 400 : 422) << wrong.body;
    EXPECT_EQ(answer.code(), wrong.code) << wrong.body;
    EXPECT_THAT(answer.detail(), HasSubstr(wrong.says)) << wrong.body;
  }
  EXPECT_EQ(api.ask("PUT", "/api/v1/waybills/" + std::string(65, 'x'), "{}").code(), "field_invalid");
  EXPECT_EQ(api.ask("GET", "/api/v1/waybills/YT1").status, 404);
}

}  // namespace
}  // namespace yizhan::api

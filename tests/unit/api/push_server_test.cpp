// What phones and backends get from the push server, on a real store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "held_database.h"
#include "push_harness.h"

namespace yizhan::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

bool is_ok(const Answer& answer) {
  return answer.body.at("ok").as_bool();
}
std::string message(const Answer& answer) {
  return answer.text("message");
}

TEST(PushServer, HealthIsForEverybody) {
  RunningPushServer push({.access = {.loopback_only = false}, .jwt_secret = "secret"});
  const Answer answer = push.ask("GET", "/health");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(is_ok(answer));
  EXPECT_EQ(answer.text("status"), "ok");
  EXPECT_TRUE(answer.body.at("store_healthy").as_bool());
}

TEST(PushServer, APhoneRegistersAgainAndIsOneDevice) {
  RunningPushServer push;
  const Answer first = push.post("/api/v1/push/register",
                                 R"({"cid":"c-1","user_id":"u-1","platform":"android","device_info":{"os":"14"}})");
  ASSERT_EQ(first.status, 200);
  EXPECT_TRUE(is_ok(first));
  EXPECT_EQ(first.text("appid"), "default");
  EXPECT_EQ(first.text("user_id"), "u-1");
  EXPECT_FALSE(first.body.at("existed").as_bool());
  EXPECT_EQ(first.number("woken"), 0);

  const Answer again = push.post("/api/v1/push/register", R"({"cid":"c-1","merchant_id":"m-1","user_id":null})");
  EXPECT_TRUE(again.body.at("existed").as_bool());
  EXPECT_EQ(again.text("id"), first.text("id"));
  EXPECT_EQ(again.text("user_id"), "u-1") << "what is left out stays";
  EXPECT_EQ(again.text("merchant_id"), "m-1");
  EXPECT_EQ(again.text("platform"), "android");

  push.post("/api/v1/push/register", R"({"cid":"c-1","appid":"courier","user_id":"u-1"})");
  const Answer devices = push.ask("GET", "/api/v1/push/devices?user_id=u-1&active=true");
  EXPECT_TRUE(is_ok(devices));
  EXPECT_THAT(devices.body.at("devices").as_array(), SizeIs(2)) << "of another app it is another device";
  EXPECT_THAT(push.ask("GET", "/api/v1/push/devices?merchant_id=m-1").body.at("devices").as_array(), SizeIs(1));
  EXPECT_THAT(push.ask("GET", "/api/v1/push/devices?user_id=u-2").body.at("devices").as_array(), SizeIs(0));
  EXPECT_EQ(push.notifications_due, 0);
}

TEST(PushServer, APhoneThatUnregistersIsInactive) {
  RunningPushServer push;
  push.post("/api/v1/push/register", R"({"cid":"c-1","user_id":"u-1"})");
  const Answer gone = push.post("/api/v1/push/unregister", R"({"cid":"c-1"})");
  EXPECT_EQ(gone.status, 200);
  EXPECT_TRUE(gone.body.at("unregistered").as_bool());
  EXPECT_THAT(push.ask("GET", "/api/v1/push/devices?user_id=u-1&active=true").body.at("devices").as_array(), SizeIs(0));
  const Answer inactive = push.ask("GET", "/api/v1/push/devices?cid=c-1&active=false");
  ASSERT_THAT(inactive.body.at("devices").as_array(), SizeIs(1));
  EXPECT_EQ(inactive.body.at("devices").at(0).at("inactive_reason").as_string(), "unregistered");
  const Answer unknown = push.post("/api/v1/push/unregister", R"({"cid":"c-2"})");
  EXPECT_TRUE(is_ok(unknown));
  EXPECT_FALSE(unknown.body.at("unregistered").as_bool());

  push.post("/api/v1/push/register", R"({"cid":"c-1"})");
  EXPECT_THAT(push.ask("GET", "/api/v1/push/devices?user_id=u-1&active=true").body.at("devices").as_array(), SizeIs(1));
}

TEST(PushServer, ARegistrationWakesWhatWaitedForIt) {
  RunningPushServer push;
  push.post("/api/v1/push/send", R"({"user_id":"u-1","content":"hello"})");
  EXPECT_EQ(push.notifications_due, 1);
  push.on_writer([](store::Store& store) {
    const auto fanned = store.fan_out({}, [](const auto&, const auto&, auto) { return std::string("{}"); }, utc_now());
    ASSERT_TRUE(fanned) << fanned.error().message;
    EXPECT_EQ(fanned->deliveries, 0);
  });
  EXPECT_EQ(push.post("/api/v1/push/register", R"({"cid":"c-2","user_id":"u-2"})").number("woken"), 0);
  EXPECT_EQ(push.notifications_due, 1);
  EXPECT_EQ(push.post("/api/v1/push/register", R"({"cid":"c-1","user_id":"u-1"})").number("woken"), 1);
  EXPECT_EQ(push.notifications_due, 2);
}

TEST(PushServer, WhatWasNotStoredIsNeverAnsweredOk) {
  RunningPushServer push;
  {
    const HeldDatabase held(push.database());
    ASSERT_TRUE(held.held);
    const Answer busy = push.post("/api/v1/push/register", R"({"cid":"c-1"})");
    EXPECT_EQ(busy.status, 503);
    EXPECT_FALSE(is_ok(busy));
    EXPECT_EQ(busy.code(), "store_unavailable");
    EXPECT_THAT(message(busy), HasSubstr("database is locked"));
    EXPECT_TRUE(busy.raw.has_line("Retry-After: 1"));
  }
  EXPECT_THAT(push.ask("GET", "/api/v1/push/devices").body.at("devices").as_array(), SizeIs(0));
  EXPECT_EQ(push.post("/api/v1/push/register", R"({"cid":"c-1"})").status, 200);

  push.sql("DROP TABLE push_devices");
  const Answer broken = push.post("/api/v1/push/register", R"({"cid":"c-1"})");
  EXPECT_EQ(broken.status, 500);
  EXPECT_FALSE(is_ok(broken));
  EXPECT_EQ(broken.code(), "internal_error");
  EXPECT_THAT(message(broken), Not(HasSubstr("push_devices"))) << "what is our own trouble goes into the log";
}

TEST(PushServer, SendsToTheDevicesOfOneRecipientOrToSome) {
  RunningPushServer push;
  const Answer user =
      push.post("/api/v1/push/send", R"({"user_id":"u-1","title":"驿站","content":"两行\n字","payload":{"a":[1, 2]}})");
  ASSERT_EQ(user.status, 202) << user.raw.body;
  EXPECT_TRUE(is_ok(user));
  ASSERT_THAT(user.body.at("notifications").as_array(), SizeIs(1));
  const std::string id(user.body.at("notifications").at(0).at("id").as_string());

  const Answer shown = push.ask("GET", "/api/v1/notifications/" + id);
  EXPECT_EQ(shown.text("aud"), "user");
  EXPECT_EQ(shown.text("recipient_id"), "u-1");
  EXPECT_EQ(shown.text("content"), "两行\n字");
  EXPECT_THAT(shown.raw.body, HasSubstr(R"("payload":{"a":[1, 2]})")) << "as it was written";
  EXPECT_TRUE(shown.body.at("send_status").is_null());
  EXPECT_THAT(shown.body.at("deliveries").as_array(), SizeIs(0));

  const Answer some =
      push.post("/api/v1/push/send", R"({"cids":["c-1","c-2","c-1"],"body":"hello","appid":"courier"})");
  ASSERT_EQ(some.status, 202);
  ASSERT_THAT(some.body.at("notifications").as_array(), SizeIs(2)) << "one device is told once";
  const Answer listed = push.ask("GET", "/api/v1/notifications?aud=device&recipient_id=c-2");
  ASSERT_THAT(listed.body.at("notifications").as_array(), SizeIs(1));
  EXPECT_EQ(listed.body.at("notifications").at(0).at("appid").as_string(), "courier");

  EXPECT_EQ(push.post("/api/v1/push/send", R"({"merchant_id":"m-1","title":"t"})").status, 202);
  EXPECT_EQ(push.post("/api/v1/push/send", R"({"cid":"c-3","content":"t"})").status, 202);
  EXPECT_EQ(push.notifications_due, 4);
}

TEST(PushServer, TheSameRequestIsSentOnce) {
  RunningPushServer push;
  const std::string request = R"({"cids":["c-1","c-2"],"content":"hello","request_id":"order-1001"})";
  EXPECT_EQ(push.post("/api/v1/push/send", request).status, 202);
  const Answer again = push.post("/api/v1/push/send", request);
  EXPECT_EQ(again.status, 200);
  EXPECT_TRUE(again.body.at("notifications").at(1).at("duplicate").as_bool());
  const Answer more =
      push.post("/api/v1/push/send", R"({"cids":["c-2","c-3"],"content":"hello","idempotency_key":"order-1001"})");
  EXPECT_EQ(more.status, 202);
  EXPECT_TRUE(more.body.at("notifications").at(0).at("duplicate").as_bool());
  EXPECT_FALSE(more.body.at("notifications").at(1).at("duplicate").as_bool());
  EXPECT_THAT(push.ask("GET", "/api/v1/notifications").body.at("notifications").as_array(), SizeIs(3));
}

TEST(PushServer, ANotificationIsEnqueuedUnderItsMessageId) {
  RunningPushServer push;
  const std::string request =
      R"({"message_id":"m-1","aud":"merchant","recipient_id":"shop-1","title":"t","event_text_safe":"safe",)"
      R"("status_code":"DELIVERED","tracking_no":"YT1","order_id":"o-1","event_time":"2026-02-06T08:30:00Z"})";
  const Answer first = push.post("/api/v1/notifications", request);
  ASSERT_EQ(first.status, 202) << first.raw.body;
  EXPECT_TRUE(is_ok(first));
  EXPECT_FALSE(first.body.at("duplicate").as_bool());
  EXPECT_EQ(first.text("event_time"), "2026-02-06T08:30:00.000000Z");
  const Answer again = push.post("/api/v1/notifications", request);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.text("id"), first.text("id"));

  const Answer others = push.post("/api/v1/notifications",
                                  R"({"message_id":"m-1","aud":"user","recipient_id":"u-9","title":"not yours"})");
  EXPECT_EQ(others.status, 409);
  EXPECT_FALSE(is_ok(others));
  EXPECT_EQ(others.code(), "message_id_conflict");
  EXPECT_EQ(push.ask("GET", "/api/v1/notifications/" + first.text("id")).text("title"), "t");

  for (const std::string query : {"message_id=m-1", "tracking_no=YT1", "send_status=waiting", "recipient_id=shop-1",
                                  "aud=merchant&limit=5&order=oldest"}) {
    EXPECT_THAT(push.ask("GET", "/api/v1/notifications?" + query).body.at("notifications").as_array(), SizeIs(1))
        << query;
  }
  EXPECT_THAT(push.ask("GET", "/api/v1/notifications?send_status=success").body.at("notifications").as_array(),
              SizeIs(0));
  EXPECT_EQ(push.ask("GET", "/api/v1/notifications/none").code(), "notification_not_found");
}

TEST(PushServer, WhatBecameOfItOnEachDeviceIsShownInPages) {
  RunningPushServer push;
  for (const char* cid : {"c-1", "c-2", "c-3"}) {
    push.post("/api/v1/push/register", std::string(R"({"user_id":"u-1","cid":")") + cid + "\"}");
  }
  const Answer added = push.post("/api/v1/notifications", R"({"aud":"user","recipient_id":"u-1","content":"hello"})");
  push.on_writer([](store::Store& store) {
    const auto fanned = store.fan_out({}, [](const auto&, const auto&, auto) { return std::string("{}"); }, utc_now());
    ASSERT_TRUE(fanned) << fanned.error().message;
    EXPECT_EQ(fanned->deliveries, 3);
  });
  const std::string path = "/api/v1/notifications/" + added.text("id");
  const Answer all = push.ask("GET", path);
  EXPECT_EQ(all.text("send_status"), "processing");
  EXPECT_EQ(all.number("targets"), 3);
  ASSERT_THAT(all.body.at("deliveries").as_array(), SizeIs(3));
  EXPECT_TRUE(all.body.at("deliveries_next").is_null());
  EXPECT_EQ(all.body.at("deliveries").at(0).at("outcome").as_string(), "outstanding");

  const Answer two = push.ask("GET", path + "?limit=2");
  ASSERT_THAT(two.body.at("deliveries").as_array(), SizeIs(2));
  EXPECT_EQ(two.text("deliveries_next"), "default\nc-2");
  const Answer third = push.ask("GET", path + "?limit=2&after=default%0Ac-2");
  ASSERT_THAT(third.body.at("deliveries").as_array(), SizeIs(1));
  EXPECT_EQ(third.body.at("deliveries").at(0).at("cid").as_string(), "c-3");
}

TEST(PushServer, WhatIsWrongIsNamed) {
  RunningPushServer push;
  const std::string long_cid(129, 'x');
  const std::string long_id(256, 'x');
  std::string many = R"({"content":"t","cids":[)";
  for (int i = 0; i <= 1000; ++i) many += (i == 0 ? "\"c" : ",\"c") + std::to_string(i) + '"';
  many += "]}";
  struct Case {
    std::string path;
    std::string body;
    std::string code;
    std::string says;
  };
  const std::string add = "/api/v1/push/register", remove = "/api/v1/push/unregister", send = "/api/v1/push/send",
                    enqueue = "/api/v1/notifications";
  for (const Case& wrong : {
           Case{add, "{", "json_invalid", ""},
           Case{add, "[]", "json_invalid", ""},
           Case{add, R"({"user_id":"u"})", "field_missing", "'cid'"},
           Case{add, R"({"cid":""})", "field_missing", "'cid'"},
           Case{add, R"({"cid":7})", "field_invalid", "'cid'"},
           Case{add, R"({"cid":")" + long_cid + "\"}", "field_invalid", "128"},
           Case{add, R"({"cid":"a\nb"})", "field_invalid", "'cid'"},
           Case{add, R"({"cid":"c","user_id":")" + long_id + "\"}", "field_invalid", "'user_id'"},
           Case{add, R"({"cid":"c","appid":[]})", "field_invalid", "'appid'"},
           Case{remove, "{}", "field_missing", "'cid'"},
           Case{send, R"({"content":"t"})", "field_missing", "'cids'"},
           Case{send, R"({"cids":[],"content":"t"})", "field_invalid", "nobody"},
           Case{send, R"({"cids":["c",""],"content":"t"})", "field_invalid", "[1]"},
           Case{send, R"({"cids":"c","content":"t"})", "field_invalid", "'cids'"},
           Case{send, many, "field_invalid", "1000"},
           Case{send, R"({"cid":"c","user_id":"u","content":"t"})", "field_invalid", "one of"},
           Case{send, R"({"user_id":"u"})", "field_missing", "'content'"},
           Case{send, R"({"user_id":"u","title":"","content":null})", "field_missing", "'content'"},
           Case{send, R"({"user_id":"u","contents":"t"})", "field_unknown", "'contents'"},
           Case{send, R"({"user_id":"u","content":"t","appid":"a"})", "field_invalid", "'appid'"},
           Case{send, R"({"user_id":"u","content":"t","payload":")" + std::string(3072, 'x') + "\"}", "field_invalid",
                "'payload'"},
           Case{enqueue, R"({"recipient_id":"u","title":"t"})", "field_missing", "'aud'"},
           Case{enqueue, R"({"aud":"all","recipient_id":"u","title":"t"})", "field_invalid", "'aud'"},
           Case{enqueue, R"({"aud":"user","title":"t"})", "field_missing", "'recipient_id'"},
           Case{enqueue, R"({"aud":"device","recipient_id":"","title":"t"})", "field_missing", "'recipient_id'"},
           Case{enqueue, R"({"aud":"device","recipient_id":")" + long_cid + R"(","title":"t"})", "field_invalid",
                "cid"},
           Case{enqueue, R"({"aud":"user","recipient_id":"u"})", "field_missing", "'content'"},
           Case{enqueue, R"({"aud":"user","recipient_id":"u","title":"t","event_time":"soon"})", "field_invalid",
                "'event_time'"},
           Case{enqueue, R"({"aud":"user","recipient_id":"u","title":"t","send_status":"success"})", "field_unknown",
                "'send_status'"},
       }) {
    const Answer answer = push.post(wrong.path, wrong.body);
    EXPECT_EQ(answer.status, 400) << wrong.body.substr(0, 100);
    EXPECT_FALSE(is_ok(answer));
    EXPECT_EQ(answer.code(), wrong.code) << wrong.body.substr(0, 100);
    EXPECT_THAT(message(answer), HasSubstr(wrong.says)) << wrong.body.substr(0, 100);
  }
  for (const std::string query : {"active=maybe", "user=u-1", "limit=0", "limit=1001"}) {
    const Answer answer = push.ask("GET", "/api/v1/push/devices?" + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(answer.code(), "parameter_invalid") << query;
  }
  for (const std::string query : {"aud=all", "send_status=sent"}) {
    EXPECT_EQ(push.ask("GET", "/api/v1/notifications?" + query).code(), "parameter_invalid") << query;
  }
  EXPECT_THAT(push.ask("GET", "/api/v1/notifications").body.at("notifications").as_array(), SizeIs(0));
  EXPECT_THAT(push.ask("GET", "/api/v1/push/devices").body.at("devices").as_array(), SizeIs(0));
  EXPECT_EQ(push.notifications_due, 0);
}

}  // namespace
}  // namespace yizhan::api

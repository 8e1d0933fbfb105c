// The record of what was received, over the API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api_harness.h"

namespace yizhan::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

store::ReceiveCall received(const std::string& key, const std::string& body, const std::string& source = "wxpay") {
  store::ReceiveCall call;
  call.callback.source = source;
  call.callback.event_type = "TRANSACTION.SUCCESS";
  call.callback.idempotency_key = key;
  call.callback.received_at = utc_now();
  call.callback.peer = "203.0.113.7";
  call.callback.target = "/notify/wxpay/shop";
  call.callback.headers = "Host: a\nX-A: b\n";
  call.callback.body = body;
  call.callback.body_size = static_cast<std::int64_t>(body.size());
  call.keys = {{"transaction_id", "4200" + key}, {"out_trade_no", "T" + key}};
  return call;
}

void store_calls(RunningApi& api, std::vector<store::ReceiveCall> calls) {
  api.on_writer([&](store::Store& store) {
    store::WriteBatch batch;
    batch.receives = std::move(calls);
    batch.now = utc_now();
    const auto reply = store.write(batch);
    ASSERT_TRUE(reply) << reply.error().message;
    for (const auto& each : reply->receives) ASSERT_TRUE(each) << each.error().message;
  });
}

std::vector<std::string> keys_of(const Answer& answer) {
  std::vector<std::string> keys;
  for (const auto& row : answer.body.at("callbacks").as_array()) {
    keys.emplace_back(row.at("idempotency_key").is_null() ? "" : row.at("idempotency_key").as_string().c_str());
  }
  return keys;
}

TEST(Callbacks, AreFoundByWhatTheyAreAbout) {
  RunningApi api;
  store::ReceiveCall bad = received("", "junk", "github");
  bad.rejected = true;
  bad.keys.clear();
  bad.callback.reason = "signature_mismatch";
  bad.answer_rejected = 401;
  store_calls(api, {received("1", "{}"), received("2", "{}"), received("1", "{}"), bad});

  const auto keys = [&](const std::string& query) { return keys_of(api.ask("GET", "/api/v1/callbacks" + query)); };
  EXPECT_THAT(keys(""), ElementsAre("", "1", "2", "1"));
  EXPECT_THAT(keys("?order=oldest&limit=2"), ElementsAre("1", "2"));
  EXPECT_THAT(keys("?key=T2"), ElementsAre("2"));
  EXPECT_THAT(keys("?key=42002&key_name=transaction_id"), ElementsAre("2"));
  EXPECT_THAT(keys("?key=42002&key_name=out_trade_no"), IsEmpty());
  EXPECT_THAT(keys("?verdict=duplicate"), ElementsAre("1"));
  EXPECT_THAT(keys("?verdict=accepted&source=wxpay"), ElementsAre("2", "1"));
  EXPECT_THAT(keys("?reason=signature_mismatch"), ElementsAre(""));
  EXPECT_THAT(keys("?event_type=TRANSACTION.SUCCESS&source=github"), ElementsAre(""));
  EXPECT_THAT(keys("?received_until=2000-01-01T00:00:00Z"), IsEmpty());
  EXPECT_THAT(keys("?received_from=2000-01-01T00:00:00Z&source=github"), ElementsAre(""));

  const Answer first = api.ask("GET", "/api/v1/callbacks?limit=1");
  const Answer rejected_one =
      api.ask("GET", "/api/v1/callbacks/" + std::string(first.body.at("callbacks").as_array()[0].at("id").as_string()));
  EXPECT_EQ(rejected_one.text("verdict"), "rejected");
  EXPECT_EQ(rejected_one.number("answer_status"), 401);
  EXPECT_THAT(keys("?limit=3&after=" + first.text("next")), ElementsAre("1", "2", "1"));
}

TEST(Callbacks, AreShownWithHeadersAndBody) {
  RunningApi api;
  const std::string bytes("\xff\x00\x01", 3);
  store_calls(api, {received("1", "<xml>一</xml>"), received("2", bytes)});
  const Answer text = api.ask("GET", "/api/v1/callbacks/1");
  EXPECT_EQ(text.text("body"), "<xml>一</xml>");
  EXPECT_EQ(text.text("headers"), "Host: a\nX-A: b\n");
  EXPECT_EQ(text.text("peer"), "203.0.113.7");
  EXPECT_EQ(text.body.at("keys").as_array().size(), 2U);
  EXPECT_EQ(api.ask("GET", "/api/v1/callbacks/2").text("body_base64"), "/wAB");
}

TEST(Callbacks, WhatIsWrongIsNamed) {
  RunningApi api;
  EXPECT_EQ(api.ask("GET", "/api/v1/callbacks/77").code(), "callback_not_found");
  EXPECT_EQ(api.ask("GET", "/api/v1/callbacks/x").code(), "parameter_invalid");
  const Answer verdict = api.ask("GET", "/api/v1/callbacks?verdict=good");
  EXPECT_EQ(verdict.code(), "parameter_invalid");
  EXPECT_THAT(verdict.detail(), HasSubstr("accepted, duplicate or rejected"));
  EXPECT_THAT(api.ask("GET", "/api/v1/callbacks?key_name=message_id").detail(), HasSubstr("'key'"));
  EXPECT_EQ(api.ask("GET", "/api/v1/callbacks?sourc=x").code(), "parameter_invalid");
  EXPECT_EQ(api.ask("GET", "/api/v1/callbacks?received_from=soon").code(), "parameter_invalid");
}

TEST(Callbacks, NeedTheirOwnScope) {
  RunningApi api;
  std::map<std::string, std::string> keys;
  api.on_writer([&](store::Store& store) {
    for (const std::string scope : {"events:read", "callbacks:read", "orders:read", "orders:write", "admin"}) {
      const NewApiKey made = make_api_key(scope, parse_scopes(scope).value(), utc_now());
      ASSERT_TRUE(store.add_api_key(made.record));
      keys[scope] = "Authorization: Bearer " + made.text + "\r\n";
    }
  });
  api.on_thread([&] {
    api.api().keys_changed();
    return 0;
  });
  const auto status = [&](const std::string& scope, const std::string& method, const std::string& target) {
    return api.ask(method, target, method == "POST" ? R"({"out_trade_no":"T1","total_fee":1})" : "", keys[scope])
        .status;
  };
  EXPECT_EQ(status("events:read", "GET", "/api/v1/callbacks"), 403);
  EXPECT_EQ(status("callbacks:read", "GET", "/api/v1/callbacks"), 200);
  EXPECT_EQ(status("callbacks:read", "GET", "/api/v1/events"), 403);
  EXPECT_EQ(status("orders:read", "POST", "/api/v1/pay/orders"), 403);
  EXPECT_EQ(status("orders:write", "POST", "/api/v1/pay/orders"), 201);
  EXPECT_EQ(status("orders:write", "GET", "/api/v1/pay/orders/T1"), 403);
  EXPECT_EQ(status("orders:read", "POST", "/api/v1/pay/orders/T1/close"), 403);
  EXPECT_EQ(status("orders:read", "GET", "/api/v1/pay/orders/T1"), 200);
  EXPECT_EQ(status("admin", "POST", "/api/v1/pay/orders/T1/close"), 200);
}

}  // namespace
}  // namespace yizhan::api

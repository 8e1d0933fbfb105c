// POST /api/v1/events.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api_harness.h"

namespace yizhan::api {
namespace {

TEST(Accept, AnEventIsStoredAndHandedOver) {
  RunningApi api;
  const Answer answer = api.post_event(R"(,"payload":{"b":1,"a":2})");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.text("status"), "pending");
  EXPECT_FALSE(answer.body.at("duplicate").as_bool());
  const std::string id = answer.text("id");
  EXPECT_EQ(id.size(), 36U);
  const Answer shown = api.ask("GET", "/api/v1/events/" + id);
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.text("platform"), "sub2api");
  EXPECT_EQ(shown.text("event_type"), "order.paid");
  EXPECT_EQ(shown.text("status"), "pending");
  EXPECT_TRUE(shown.body.at("attempts").as_array().empty());
  api.on_thread([&] {
    EXPECT_EQ(api.dispatcher.handed_over.size(), 1U);
    EXPECT_EQ(api.dispatcher.handed_over.front().id, id);
    return 0;
  });
}

TEST(Accept, ThePayloadIsKeptByteForByte) {
  RunningApi api;
  for (const std::string payload :
       {R"({ "b" : 1.0,	"a":[ 1e5 , "\u0041\/" ] , "b2":"中文" })", "null", "\"text\"", "-0.0", "[ ]", R"("\ud83d")"}) {
    const Answer answer = api.post_event(R"(,"payload": )" + payload + " ");
    ASSERT_EQ(answer.status, 202) << payload;
    const Answer shown = api.ask("GET", "/api/v1/events/" + answer.text("id"));
    EXPECT_NE(shown.raw.body.find("\"payload\":" + payload + ",\"attempts\""), std::string::npos) << shown.raw.body;
    EXPECT_EQ(api.on_thread([&] { return api.dispatcher.handed_over.back().payload; }), payload);
  }
}

TEST(Accept, EveryFieldIsTakenIn) {
  RunningApi api;
  const Answer answer = api.post_event(
      R"(,"payload":1,"callback_target":"/cb?x=1","idempotency_key":"k","not_before":"2199-01-01T00:00:00+08:00","correlation":"order 7","order_key":"customer 3")",
      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n");
  ASSERT_EQ(answer.status, 202) << answer.raw.body;
  const Answer shown = api.ask("GET", "/api/v1/events/" + answer.text("id"));
  EXPECT_EQ(shown.text("callback_target"), "/cb?x=1");
  EXPECT_EQ(shown.text("idempotency_key"), "k");
  EXPECT_EQ(shown.text("next_attempt_at"), "2198-12-31T16:00:00.000000Z");
  EXPECT_EQ(shown.text("correlation"), "order 7");
  EXPECT_EQ(shown.text("order_key"), "customer 3");
  EXPECT_EQ(shown.text("traceparent"), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

TEST(Accept, AnArrayIsAnsweredInOrder) {
  RunningApi api;
  std::string events;
  for (int i = 0; i < 1000; ++i) {
    events += fmt::format(R"({}{{"platform":"newapi","event_type":"t{}","payload":{}}})", i == 0 ? "[" : ",", i, i);
  }
  const Answer answer = api.ask("POST", "/api/v1/events", events + "]");
  ASSERT_EQ(answer.status, 202);
  ASSERT_EQ(answer.body.as_array().size(), 1000U);
  for (const std::size_t i : {0U, 1U, 500U, 999U}) {
    const Answer shown = api.ask("GET", "/api/v1/events/" + std::string(answer.body.at(i).at("id").as_string()));
    EXPECT_EQ(shown.number("payload"), static_cast<std::int64_t>(i));
  }
  const Answer too_many =
      api.ask("POST", "/api/v1/events", events + R"(,{"platform":"newapi","event_type":"t","payload":1}])");
  EXPECT_EQ(too_many.status, 422);
  EXPECT_EQ(too_many.code(), "too_many_events");
  EXPECT_EQ(api.ask("POST", "/api/v1/events", " [ ] ").code(), "no_events");
}

TEST(Accept, AllOrNothing) {
  RunningApi api;
  const std::string good = R"({"platform":"sub2api","event_type":"t","payload":1})";
  for (const std::string bad :
       {R"({"platform":"nowhere","event_type":"t","payload":1})", R"({"platform":"sub2api"})", "7"}) {
    const Answer answer = api.ask("POST", "/api/v1/events", "[" + good + "," + good + "," + bad + "]");
    EXPECT_GE(answer.status, 400) << bad;
    EXPECT_NE(answer.detail().find("[2]"), std::string::npos) << answer.detail();
  }
  EXPECT_TRUE(api.ask("GET", "/api/v1/events").body.at("events").as_array().empty());
  api.on_thread([&] {
    EXPECT_EQ(api.dispatcher.prepared, 2);
    EXPECT_EQ(api.dispatcher.abandoned_events, 2);
    EXPECT_TRUE(api.dispatcher.handed_over.empty());
    return 0;
  });
}

TEST(Accept, RefusesWhatIsNotAnEvent) {
  RunningApi api;
  const auto refused = [&](const std::string& body, int status, std::string_view code, std::string_view in_detail) {
    const Answer answer = api.ask("POST", "/api/v1/events", body);
    EXPECT_EQ(answer.status, status) << body;
    EXPECT_EQ(answer.code(), code) << body;
    EXPECT_NE(answer.detail().find(in_detail), std::string::npos) << answer.detail();
    EXPECT_TRUE(answer.raw.has_line("Content-Type: application/problem+json"));
    EXPECT_EQ(answer.text("instance"), "/api/v1/events");
  };
  const std::string start = R"({"platform":"sub2api","event_type":"t","payload":1)";
  refused("", 400, "json_invalid", "byte 0");
  refused("{", 400, "json_invalid", "byte 1");
  refused("true", 400, "json_invalid", "object");
  refused(start + "} x", 400, "json_invalid", "follows");
  refused(start + R"(,"platform":"newapi"})", 400, "json_invalid", "twice");
  refused(start + ",\"correlation\":\"\xff\"}", 400, "json_invalid", "UTF-8");
  refused(start + ",\"x\":" + std::string(100, '[') + std::string(100, ']') + "}", 400, "json_invalid", "64 levels");
  refused(R"({"event_type":"t","payload":1})", 422, "field_missing", "'platform'");
  refused(R"({"platform":"sub2api","payload":1})", 422, "field_missing", "'event_type'");
  refused(R"({"platform":"sub2api","event_type":"t"})", 422, "field_missing", "'payload'");
  refused(start + R"(,"idempotencyKey":"x"})", 422, "field_unknown", "'idempotencyKey'");
  refused(R"({"platform":7,"event_type":"t","payload":1})", 422, "field_invalid",
          "'platform' must be a string, not a number");
  refused(R"({"platform":"","event_type":"t","payload":1})", 422, "field_invalid", "'platform'");
  refused(R"({"platform":"sub2api","event_type":"t\r\nX: y","payload":1})", 422, "field_invalid", "control character");
  refused(R"({"platform":"sub2api","event_type":")" + std::string(129, 'a') + R"(","payload":1})", 422, "field_invalid",
          "128");
  refused(start + R"(,"not_before":"tomorrow"})", 422, "field_invalid", "RFC 3339");
  refused(start + R"(,"idempotency_key":""})", 422, "field_invalid", "'idempotency_key'");
  refused(start + R"(,"callback_target":")" + std::string(2049, 'a') + R"("})", 422, "field_invalid", "2048");
  refused(R"({"platform":"nowhere","event_type":"t","payload":1})", 422, "unknown_platform", "newapi and sub2api");
}

TEST(Accept, TheSameKeyWithTheSameContentIsADuplicate) {
  RunningApi api;
  const Answer first = api.post_event(R"(,"payload":{"a":1},"idempotency_key":"k1")");
  ASSERT_EQ(first.status, 202);
  const Answer again = api.post_event(R"(,"payload":{"a":1},"idempotency_key":"k1")");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.text("id"), first.text("id"));
  EXPECT_TRUE(again.body.at("duplicate").as_bool());
  const Answer by_header = api.post_event(R"(,"payload":{"a":1})", "Idempotency-Key: k1\r\n");
  EXPECT_EQ(by_header.status, 200);
  EXPECT_EQ(by_header.text("id"), first.text("id"));
  const Answer conflict = api.post_event(R"(,"payload":{"a":2},"idempotency_key":"k1")");
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.code(), "idempotency_conflict");
  api.on_thread([&] {
    EXPECT_EQ(api.dispatcher.handed_over.size(), 1U);
    EXPECT_EQ(api.dispatcher.settled, api.dispatcher.prepared);
    return 0;
  });
}

TEST(Accept, AnArrayIsOnlyADuplicateWhenAllOfItIs) {
  RunningApi api;
  const std::string a = R"({"platform":"sub2api","event_type":"t","payload":1,"idempotency_key":"a"})";
  const std::string b = R"({"platform":"sub2api","event_type":"t","payload":2,"idempotency_key":"b"})";
  EXPECT_EQ(api.ask("POST", "/api/v1/events", "[" + a + "]").status, 202);
  const Answer mixed = api.ask("POST", "/api/v1/events", "[" + a + "," + b + "]");
  EXPECT_EQ(mixed.status, 202);
  EXPECT_TRUE(mixed.body.at(0).at("duplicate").as_bool());
  EXPECT_FALSE(mixed.body.at(1).at("duplicate").as_bool());
  EXPECT_EQ(api.ask("POST", "/api/v1/events", "[" + b + "," + a + "]").status, 200);
}

TEST(Accept, TheHeaderForIdempotencyIsForOneEvent) {
  RunningApi api;
  const std::string event = R"({"platform":"sub2api","event_type":"t","payload":1})";
  EXPECT_EQ(api.ask("POST", "/api/v1/events", "[" + event + "]", "Idempotency-Key: k\r\n").code(), "field_invalid");
  EXPECT_EQ(api.post_event(R"(,"payload":1,"idempotency_key":"x")", "Idempotency-Key: y\r\n").code(), "field_invalid");
  EXPECT_EQ(api.post_event(R"(,"payload":1)", "Idempotency-Key: \xff\r\n").code(), "field_invalid");
  EXPECT_EQ(api.post_event(R"(,"payload":1)", "Idempotency-Key: " + std::string(256, 'k') + "\r\n").code(),
            "field_invalid");
}

TEST(Accept, ATraceparentThatIsNoneIsIgnored) {
  RunningApi api;
  for (const std::string bad : {"00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", "nonsense"}) {
    const Answer answer = api.post_event(R"(,"payload":1)", "traceparent: " + bad + "\r\n");
    ASSERT_EQ(answer.status, 202);
    EXPECT_TRUE(api.ask("GET", "/api/v1/events/" + answer.text("id")).body.at("traceparent").is_null()) << bad;
  }
}

}  // namespace
}  // namespace yizhan::api

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api_harness.h"

namespace yizhan::api {
namespace {

/// Accepts `count` events of types t0, t1, …; answers their ids.
std::vector<std::string> accept(RunningApi& api, int count, const std::string& platform = "sub2api") {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    const Answer answer =
        api.ask("POST", "/api/v1/events",
                fmt::format(R"({{"platform":"{}","event_type":"t{}","payload":{},"correlation":"c{}"}})", platform, i,
                            i, i % 2));
    ids.push_back(answer.text("id"));
  }
  return ids;
}

std::vector<std::string> ids_of(const Answer& answer, const char* list = "events", const char* id = "id") {
  std::vector<std::string> ids;
  for (const auto& row : answer.body.at(list).as_array()) ids.emplace_back(row.at(id).as_string());
  return ids;
}

TEST(Look, ListsAreFilteredAndPaged) {
  RunningApi api;
  const auto ids = accept(api, 7);
  const auto others = accept(api, 2, "newapi");
  EXPECT_EQ(ids_of(api.ask("GET", "/api/v1/events")).size(), 9U);
  EXPECT_EQ(ids_of(api.ask("GET", "/api/v1/events?platform=newapi&order=oldest")), others);
  EXPECT_EQ(ids_of(api.ask("GET", "/api/v1/events?event_type=t3")), std::vector{ids[3]});
  EXPECT_EQ(ids_of(api.ask("GET", "/api/v1/events?correlation=c1&platform=sub2api")).size(), 3U);
  EXPECT_EQ(ids_of(api.ask("GET", "/api/v1/events?id=" + ids[0] + "," + ids[5] + "&order=oldest")),
            (std::vector{ids[0], ids[5]}));
  EXPECT_EQ(ids_of(api.ask("GET", "/api/v1/events?status=delivered,retrying")).size(), 0U);
  EXPECT_EQ(ids_of(api.ask("GET", "/api/v1/events?created_until=2000-01-01T00:00:00Z")).size(), 0U);

  std::vector<std::string> paged;
  std::string after;
  do {
    const Answer page = api.ask("GET", "/api/v1/events?platform=sub2api&order=oldest&limit=3" + after);
    const auto page_ids = ids_of(page);
    paged.insert(paged.end(), page_ids.begin(), page_ids.end());
    after = page.body.at("next").is_null() ? "" : "&after=" + page.text("next");
  } while (!after.empty());
  EXPECT_EQ(paged, ids);
}

TEST(Look, AnEventShowsItsAttempts) {
  RunningApi api;
  const std::string id = accept(api, 1).front();
  std::int64_t sequence = 0;
  api.on_writer([&](store::Store& store) {
    store::WriteBatch claim;
    claim.claims = {{.endpoint_key = 77, .limit = 1, .lease_token = "lease", .lease = Seconds{30}}};
    claim.now = utc_now();
    sequence = store.write(claim)->claims.front().events.front().sequence;
    store::AttemptRecord record;
    record.sequence = sequence;
    record.event_id = id;
    record.lease_token = "lease";
    record.outcome.error_class = ErrorClass::kHttp5xx;
    record.outcome.response_status = 503;
    record.outcome.error_message = "503 \"busy\"";
    record.outcome.response_head = std::string("\xff\x00\x01", 3);
    record.outcome.started_at = utc_now();
    record.outcome.duration = Milliseconds{12};
    record.next_status = EventStatus::kDeadLetter;
    record.recorded_at = utc_now();
    store::WriteBatch batch;
    batch.records = {record};
    batch.now = utc_now();
    ASSERT_EQ(store.write(batch)->records.front(), store::RecordReply::kRecorded);
  });
  const Answer shown = api.ask("GET", "/api/v1/events/" + id);
  EXPECT_EQ(shown.text("status"), "dead_letter");
  EXPECT_TRUE(shown.body.at("next_attempt_at").is_null());
  const auto& attempt = shown.body.at("attempts").at(0);
  EXPECT_EQ(attempt.at("error_class").as_string(), "http_5xx");
  EXPECT_EQ(attempt.at("response_status").as_int64(), 503);
  EXPECT_EQ(attempt.at("duration_ms").as_int64(), 12);
  EXPECT_EQ(attempt.at("error_message").as_string(), "503 \"busy\"");
  EXPECT_EQ(attempt.at("response_body_base64").as_string(), "/wAB");

  const Answer attempts = api.ask("GET", "/api/v1/attempts?event_id=" + id);
  EXPECT_EQ(ids_of(attempts, "attempts", "event_id"), std::vector{id});
  EXPECT_EQ(ids_of(api.ask("GET", "/api/v1/attempts?limit=5"), "attempts", "event_id"), std::vector{id});
  const Answer letters = api.ask("GET", "/api/v1/dead-letters?platform=sub2api");
  EXPECT_EQ(ids_of(letters, "dead_letters", "event_id"), std::vector{id});
  EXPECT_EQ(letters.body.at("dead_letters").at(0).at("error_class").as_string(), "http_5xx");

  const Answer ledger = api.ask("GET", "/api/v1/ledger");
  EXPECT_TRUE(ledger.body.at("balanced").as_bool());
  EXPECT_EQ(ledger.body.at("total").at("dead_letter").as_int64(), 1);
  EXPECT_EQ(ledger.body.at("lines").at(0).at("platform").as_string(), "sub2api");
  EXPECT_TRUE(api.ask("GET", "/api/v1/ledger?by=minute").body.at("lines").at(0).as_object().contains("minute"));
}

TEST(Look, APayloadThatIsNotJsonIsShownInBase64) {
  RunningApi api;
  api.sql(
      "INSERT INTO cs_platform_event_outbox (id, platform, event_type, payload) "
      "VALUES ('by-hand', 'sub2api', 't', 'plain text')");
  const Answer shown = api.ask("GET", "/api/v1/events/by-hand");
  EXPECT_EQ(shown.text("payload_base64"), "cGxhaW4gdGV4dA==");
  EXPECT_FALSE(shown.body.as_object().contains("payload"));
}

TEST(Look, WhatIsNotThereIsNotFound) {
  RunningApi api;
  const Answer answer = api.ask("GET", "/api/v1/events/no%20such%22id");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.code(), "event_not_found");
  EXPECT_NE(answer.detail().find("no such\"id"), std::string::npos);
}

TEST(Look, BadParametersAreNamed) {
  RunningApi api;
  const auto refused = [&](const std::string& target, std::string_view in_detail) {
    const Answer answer = api.ask("GET", target);
    EXPECT_EQ(answer.status, 400) << target;
    EXPECT_EQ(answer.code(), "parameter_invalid") << target;
    EXPECT_NE(answer.detail().find(in_detail), std::string::npos) << answer.detail();
  };
  refused("/api/v1/events?statuses=pending", "'statuses'");
  refused("/api/v1/events?status=done", "'done'");
  refused("/api/v1/events?limit=0", "1 to 1000");
  refused("/api/v1/events?limit=1x", "'1x'");
  refused("/api/v1/events?after=-1", "'-1'");
  refused("/api/v1/events?order=up", "'up'");
  refused("/api/v1/events?created_from=now", "'now'");
  refused("/api/v1/events?error_class=http", "'http'");
  refused("/api/v1/events?platform=a&platform=b", "twice");
  refused("/api/v1/ledger?by=hour", "'hour'");
  refused("/api/v1/attempts?id=1", "'id'");
  EXPECT_EQ(api.ask("GET", "/api/v1/events?platform=%zz").code(), "percent_encoding_invalid");
}

TEST(Look, EndpointsAreThoseOfTheDispatcherAndTheStore) {
  RunningApi api;
  api.on_thread([&] {
    EndpointState state;
    state.key = 9007199254740993;  // not a number of JavaScript
    state.platform = "sub2api";
    state.url = "https://a.example/cb";
    state.breaker = EndpointState::Breaker::kHalfOpen;
    state.in_flight = 3;
    state.queued = 4;
    api.dispatcher.states = {state};
    return 0;
  });
  api.on_writer([&](store::Store& store) {
    ASSERT_TRUE(store.disable_endpoint({5, "newapi", "https://b.example/cb", "410 Gone", utc_now()}));
  });
  const Answer answer = api.ask("GET", "/api/v1/endpoints");
  const auto& endpoints = answer.body.at("endpoints").as_array();
  ASSERT_EQ(endpoints.size(), 2U);
  EXPECT_EQ(endpoints[0].at("key").as_string(), "9007199254740993");
  EXPECT_EQ(endpoints[0].at("breaker").as_string(), "half_open");
  EXPECT_EQ(endpoints[0].at("in_flight").as_int64(), 3);
  EXPECT_TRUE(endpoints[1].at("disabled").as_bool());
  EXPECT_EQ(endpoints[1].at("disabled_reason").as_string(), "410 Gone");

  const Answer enabled = api.ask("POST", "/api/v1/endpoints/5/enable");
  EXPECT_TRUE(enabled.body.at("was_disabled").as_bool());
  EXPECT_FALSE(api.ask("POST", "/api/v1/endpoints/5/enable").body.at("was_disabled").as_bool());
  EXPECT_EQ(api.ask("POST", "/api/v1/endpoints/five/enable").code(), "parameter_invalid");
  EXPECT_EQ(api.on_thread([&] { return api.dispatcher.enabled; }), (std::vector<std::int64_t>{5, 5}));
  EXPECT_EQ(api.ask("GET", "/api/v1/endpoints").body.at("endpoints").as_array().size(), 1U);
}

}  // namespace
}  // namespace yizhan::api

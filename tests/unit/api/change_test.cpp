// Replay and discard.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/bulk_change.h"
#include "api_harness.h"

namespace yizhan::api {
namespace {

/// `count` events, all dead letters.
std::vector<std::string> bury(RunningApi& api, int count, const std::string& type = "t") {
  std::vector<std::string> ids;
  while (static_cast<int>(ids.size()) < count) {
    std::string body;
    for (std::size_t i = ids.size(); i < std::min<std::size_t>(static_cast<std::size_t>(count), ids.size() + 1000);
         ++i) {
      body += (body.empty() ? "[" : ",") +
              fmt::format(R"({{"platform":"sub2api","event_type":"{}","payload":{}}})", type, i);
    }
    const Answer accepted = api.ask("POST", "/api/v1/events", body + "]");
    for (const auto& event : accepted.body.as_array()) ids.emplace_back(event.at("id").as_string());
  }
  api.sql("UPDATE cs_platform_event_outbox SET status = 'dead_letter' WHERE event_type = '" + type + "'");
  return ids;
}

std::int64_t count_of(RunningApi& api, const std::string& status) {
  std::int64_t count = 0;
  api.on_writer([&](store::Store& store) {
    store::Selection selection;
    selection.statuses = {*parse_event_status(status)};
    count = *store.count(selection);
  });
  return count;
}

TEST(Change, ReplaysDeadLettersUnlessToldOtherwise) {
  RunningApi api;
  bury(api, 3);
  api.post_event(R"(,"payload":1)");
  const Answer preview = api.ask("POST", "/api/v1/replay", R"({"selection":{"platform":"sub2api"},"preview":true})");
  EXPECT_EQ(preview.number("count"), 3);
  EXPECT_EQ(count_of(api, "dead_letter"), 3);
  const Answer replayed = api.ask("POST", "/api/v1/replay", R"({"selection":{"platform":"sub2api"}})");
  EXPECT_EQ(replayed.status, 200);
  EXPECT_EQ(replayed.number("replayed"), 3);
  EXPECT_EQ(count_of(api, "dead_letter"), 0);
  EXPECT_EQ(count_of(api, "pending"), 4);
  EXPECT_EQ(api.on_thread([&] { return api.dispatcher.changes; }), 1);
}

TEST(Change, ReplaysInStepsEachEventOnce) {
  RunningApi api;
  const int count = BulkChange::kStep * 2 + 7;
  bury(api, count);
  EXPECT_EQ(api.ask("POST", "/api/v1/replay", R"({"selection":{"statuses":["dead_letter"]}})").number("replayed"),
            count);
  EXPECT_EQ(count_of(api, "pending"), count);
  EXPECT_EQ(api.on_thread([&] { return api.dispatcher.changes; }), 3);
}

TEST(Change, EventsThatFailAgainMeanwhileAreNotTakenTwice) {
  RunningApi api;
  const int count = BulkChange::kStep + 10;
  bury(api, count);
  // Plays an endpoint that buries whatever is replayed at once: a replay by status alone would never end.
  int steps = 0;
  std::promise<std::int64_t> ended;
  api.replay_with(
      [&](store::Store& store, const store::Selection& selection, int limit) {
        ++steps;
        auto replayed = store.replay(selection, limit, utc_now());
        const auto buried =
            store.sql("UPDATE cs_platform_event_outbox SET status = 'dead_letter' WHERE status = 'pending'");
        EXPECT_TRUE(buried.has_value());
        return replayed;
      },
      [&](Result<std::int64_t> changed) { ended.set_value(changed.value_or(-1)); });
  EXPECT_EQ(ended.get_future().get(), count);
  EXPECT_EQ(steps, 2);
}

TEST(Change, FindsWhatStandsBehindManyOthers) {
  RunningApi api;
  const std::string first = bury(api, 1, "other").front();
  // More than one look at the store goes through.
  api.sql(fmt::format(
      "WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {}) "
      "INSERT INTO outbox_events (sequence, id, platform, event_type, callback_target, payload, correlation, "
      "order_key, "
      "traceparent, created_at) SELECT e.sequence + i, 'e' || i, e.platform, e.event_type, '', e.payload, '', '', '', "
      "e.created_at FROM series, outbox_events AS e WHERE e.id = '{}'",
      store::kListPiece + store::kListPiece / 10, first));
  api.sql(
      "INSERT INTO outbox_abandoned (sequence, status, attempt_count, updated_at) "
      "SELECT sequence, 'dead_letter', 1, created_at FROM outbox_events WHERE id <> '" +
      first + "'");
  const std::string wanted = bury(api, 1, "wanted").front();
  const Answer discarded =
      api.ask("POST", "/api/v1/events/discard", R"({"selection":{"event_type":"wanted"},"reason":"no more"})");
  EXPECT_EQ(discarded.number("discarded"), 1);
  EXPECT_EQ(api.ask("GET", "/api/v1/events/" + wanted).text("status"), "discarded");
  const Answer listed = api.ask("GET", "/api/v1/events?event_type=wanted");
  EXPECT_EQ(listed.body.at("events").as_array().size(), 1);
  EXPECT_TRUE(listed.body.at("next").is_null());
}

TEST(Change, ReplaysOne) {
  RunningApi api;
  const std::string id = bury(api, 1).front();
  const Answer replayed = api.ask("POST", "/api/v1/events/" + id + "/replay");
  EXPECT_EQ(replayed.number("replayed"), 1);
  EXPECT_EQ(api.ask("GET", "/api/v1/events/" + id).text("status"), "pending");
  EXPECT_EQ(api.ask("POST", "/api/v1/events/" + id + "/replay").number("replayed"), 0);
  EXPECT_EQ(api.ask("POST", "/api/v1/events/unknown/replay").code(), "event_not_found");
  EXPECT_EQ(api.on_thread([&] { return api.dispatcher.changes; }), 1);
}

TEST(Change, DiscardsWithAReason) {
  RunningApi api;
  const auto ids = bury(api, 2);
  const Answer without = api.ask("POST", "/api/v1/events/discard", R"({"selection":{"ids":[")" + ids[0] + "\"]}}");
  EXPECT_EQ(without.code(), "field_missing");
  const Answer discarded =
      api.ask("POST", "/api/v1/events/discard", R"({"selection":{"ids":[")" + ids[0] + R"("]},"reason":"test order"})");
  EXPECT_EQ(discarded.number("discarded"), 1);
  const Answer shown = api.ask("GET", "/api/v1/events/" + ids[0]);
  EXPECT_EQ(shown.text("status"), "discarded");
  EXPECT_NE(shown.text("last_error").find("test order"), std::string::npos);
  EXPECT_EQ(api.ask("GET", "/api/v1/events/" + ids[1]).text("status"), "dead_letter");
}

TEST(Change, RefusesWhatIsNoSelection) {
  RunningApi api;
  const auto refused = [&](const std::string& body, int status, std::string_view code) {
    const Answer answer = api.ask("POST", "/api/v1/replay", body);
    EXPECT_EQ(answer.status, status) << body;
    EXPECT_EQ(answer.code(), code) << body;
  };
  refused("", 400, "json_invalid");
  refused("[]", 400, "json_invalid");
  refused("{}", 422, "field_missing");
  refused(R"({"selection":{}})", 422, "selection_empty");
  refused(R"({"selection":{"ids":[]}})", 422, "selection_empty");
  refused(R"({"selection":7})", 422, "field_invalid");
  refused(R"({"selection":{"id":"x"}})", 422, "field_unknown");
  refused(R"({"selection":{"ids":"x"}})", 422, "field_invalid");
  refused(R"({"selection":{"ids":[1]}})", 422, "field_invalid");
  refused(R"({"selection":{"ids":["\u0000"]}})", 422, "field_invalid");
  refused(R"({"selection":{"correlation":"a\u0000"}})", 422, "field_invalid");
  refused(R"({"selection":{"statuses":["gone"]}})", 422, "field_invalid");
  refused(R"({"selection":{"error_class":"gone"}})", 422, "field_invalid");
  refused(R"({"selection":{"created_from":"then"}})", 422, "field_invalid");
  refused(R"({"selection":{"platform":"a"},"preview":1})", 422, "field_invalid");
  refused(R"({"selection":{"platform":"a"},"reason":"x"})", 422, "field_unknown");
}

}  // namespace
}  // namespace yizhan::api

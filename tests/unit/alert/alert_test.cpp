#include <gtest/gtest.h>

#include "alert/alert.h"

namespace yizhan::alert {
namespace {

Alert example() {
  return {.id = "0195-a",
          .cause = "dead_letter:sub2api",
          .rule = Rule::kDeadLetter,
          .subject = "sub2api",
          .state = Alert::State::kContinues,
          .title = "3 dead letters at \"sub2api\"\nline two",
          .facts = {{"count", "3"}, {"next", "yizhan dead-letters --platform sub2api"}},
          .count = 3,
          .raised_at = parse_time("2026-02-06T08:30:00.000123Z").value(),
          .at = parse_time("2026-02-06T09:00:00Z").value()};
}

TEST(AlertPayload, ReadsWhatItWrites) {
  const Alert written = example();
  const auto read = read_alert(write_alert(written));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->id, written.id);
  EXPECT_EQ(read->cause, written.cause);
  EXPECT_EQ(read->rule, written.rule);
  EXPECT_EQ(read->subject, written.subject);
  EXPECT_EQ(read->state, written.state);
  EXPECT_EQ(read->title, written.title);
  EXPECT_EQ(read->facts, written.facts);
  EXPECT_EQ(read->count, written.count);
  EXPECT_EQ(read->raised_at, written.raised_at);
  EXPECT_EQ(read->at, written.at);
}

TEST(AlertPayload, SaysWhatIsWrong) {
  const auto code_of = [](std::string_view text) { return std::string(read_alert(text).error().code); };
  EXPECT_EQ(code_of("{"), "json_invalid");
  EXPECT_EQ(code_of(R"({"id":"a","cause":"b","title":"c"})"), "alert_invalid");
  EXPECT_EQ(code_of(R"({"id":"a","cause":"b","title":"c","rule":"nonsense"})"), "alert_invalid");
  EXPECT_EQ(code_of(R"({"id":"a","cause":"b","rule":"test"})"), "alert_invalid");
  EXPECT_EQ(code_of(R"({"id":"a","cause":"b","title":"c","rule":"test","state":"gone"})"), "alert_invalid");
  EXPECT_EQ(code_of(R"({"id":"a","cause":"b","title":"c","rule":"test","at":"noon"})"), "alert_invalid");
  EXPECT_EQ(code_of(R"({"id":"a","cause":"b","title":"c","rule":"test","facts":[["one"]]})"), "alert_invalid");
  EXPECT_EQ(code_of(R"({"id":"a","cause":"b","title":"c","rule":"test","facts":[["one",2]]})"), "json_invalid");
}

TEST(AlertPayload, PassesOverWhatItDoesNotKnow) {
  const auto read = read_alert(R"({"id":"a","cause":"b","title":"c","rule":"test","later":{"x":[1]}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->rule, Rule::kTest);
}

TEST(AlertPayload, EventTypes) {
  Alert alert = example();
  EXPECT_EQ(event_type(alert), "alert.continues");
  alert.state = Alert::State::kCleared;
  EXPECT_EQ(event_type(alert), "alert.cleared");
  alert.rule = Rule::kTest;
  EXPECT_EQ(event_type(alert), "alert.test");
}

TEST(AlertPayload, EveryRuleHasItsName) {
  for (const Rule rule : kAllRules) {
    ASSERT_FALSE(to_string(rule).empty());
    EXPECT_EQ(parse_rule(to_string(rule)), rule);
  }
  EXPECT_FALSE(parse_rule("breaker"));
}

}  // namespace
}  // namespace yizhan::alert

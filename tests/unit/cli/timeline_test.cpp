#include "cli/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/display_text.h"

namespace yizhan::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

UtcTime at(const char* text) {
  return parse_time(text).value();
}

EventStory story_of(EventStatus status) {
  EventStory story;
  story.event.event.id = "0198c0de-0000-7000-8000-000000000000";
  story.event.event.platform = "sub2api";
  story.event.event.event_type = "reply.created";
  story.event.event.callback_target = "https://example.com/callback";
  story.event.event.payload = R"({"order":1001})";
  story.event.event.created_at = at("2026-02-06T08:30:00.100Z");
  story.event.status = status;
  story.event.updated_at = story.event.event.created_at;
  return story;
}

store::AttemptView attempt(int number, const char* time, int status, const char* error_class, const char* message) {
  store::AttemptView view;
  view.attempt_no = number;
  view.created_at = at(time);
  view.response_status = status;
  view.error_class = error_class;
  view.error_message = message;
  view.duration_ms = 12;
  return view;
}

std::string joined(const std::vector<std::string>& steps) {
  std::string text;
  for (const std::string& step : steps) text += step + "\n";
  return text;
}

TEST(Timeline, TellsTheWholeWayOfADeliveredEvent) {
  EventStory story = story_of(EventStatus::kDelivered);
  story.attempts = {attempt(1, "2026-02-06T08:30:00.101Z", 500, "http_5xx", "answered with status 500"),
                    attempt(2, "2026-02-06T08:30:10.301Z", 200, "", "")};
  story.event.attempt_count = 2;
  story.event.updated_at = at("2026-02-06T08:30:10.313Z");
  EXPECT_EQ(render_timeline(story, at("2026-02-06T09:00:00Z"), {}),
            "0198c0de-0000-7000-8000-000000000000  delivered\n"
            "\n"
            "  event         reply.created → sub2api\n"
            "  target        https://example.com/callback\n"
            "  payload       14 B  {\"order\":1001}\n"
            "\n"
            "  2026-02-06 UTC\n"
            "  08:30:00.100             ●  accepted\n"
            "  08:30:00.101      +1 ms  ✗  attempt 1  HTTP 500  http_5xx  12 ms\n"
            "  08:30:10.301      +10 s  ✓  attempt 2  HTTP 200  12 ms\n"
            "  08:30:10.313     +12 ms  ✓  delivered  10 s after it was accepted\n"
            "\n"
            "  Delivered. Nothing is left to do.\n");
}

TEST(Timeline, ADayThatChangesIsShown) {
  EventStory story = story_of(EventStatus::kRetrying);
  story.attempts = {attempt(1, "2026-02-06T23:59:59Z", 0, "timeout", "no answer within 3000 ms")};
  story.event.next_attempt_at = at("2026-02-07T00:00:09Z");
  const std::string text = render_timeline(story, at("2026-02-07T00:00:01Z"), {});
  EXPECT_THAT(text, HasSubstr("2026-02-06 UTC\n"));
  EXPECT_THAT(text, HasSubstr("2026-02-07 UTC\n"));
  EXPECT_THAT(text, HasSubstr("○  attempt 2  due in 8 s"));
  EXPECT_THAT(text, HasSubstr("The next attempt is due in 8.0 s."));
}

TEST(Timeline, StaysWithinTheTerminal) {
  EventStory story = story_of(EventStatus::kDeadLetter);
  story.event.event.payload = std::string(5000, 'x');
  story.attempts = {attempt(1, "2026-02-06T08:30:00.101Z", 0, "connect", std::string(400, 'y').c_str())};
  const std::string text = render_timeline(story, at("2026-02-06T09:00:00Z"), {.width = 72});
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(display_width(text.substr(begin, end - begin)), 72) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST(Timeline, WhatStrangersWroteIsHarmless) {
  EventStory story = story_of(EventStatus::kRetrying);
  story.event.event.payload = "\x1b]0;owned\x07";
  story.attempts = {attempt(1, "2026-02-06T08:30:00.101Z", 500, "http_5xx", "\x1b[2Jgone\nAccepted")};
  story.attempts.back().response_body = "\x1b[31m";
  const std::string text = render_timeline(story, at("2026-02-06T09:00:00Z"), {.response_bodies = true});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\nAccepted")));
}

TEST(Timeline, ResponsesAndTheWholePayloadOnlyWhenAskedFor) {
  EventStory story = story_of(EventStatus::kDelivered);
  story.event.event.payload = std::string(300, 'p') + "THE END";
  story.attempts = {attempt(1, "2026-02-06T08:30:00.101Z", 200, "", "")};
  story.attempts.back().response_body = "thank you";
  const std::string brief = render_timeline(story, at("2026-02-06T09:00:00Z"), {});
  EXPECT_THAT(brief, Not(HasSubstr("THE END")));
  EXPECT_THAT(brief, Not(HasSubstr("thank you")));
  const std::string whole =
      render_timeline(story, at("2026-02-06T09:00:00Z"), {.whole_payload = true, .response_bodies = true});
  EXPECT_THAT(whole, HasSubstr("THE END"));
  EXPECT_THAT(whole, HasSubstr("thank you"));
}

TEST(NextSteps, ADeadLetterSaysWhyAndHowToSendItAgain) {
  EventStory story = story_of(EventStatus::kDeadLetter);
  story.attempts = {attempt(1, "2026-02-06T08:30:00.101Z", 401, "http_4xx", "answered with status 401")};
  const std::string steps = joined(next_steps(story, at("2026-02-06T09:00:00Z")));
  EXPECT_THAT(steps, HasSubstr("secret"));
  EXPECT_THAT(steps, HasSubstr("yizhan replay 0198c0de-0000-7000-8000-000000000000"));
  EXPECT_THAT(steps, HasSubstr("yizhan discard 0198c0de-0000-7000-8000-000000000000"));
}

TEST(NextSteps, ADisabledEndpointIsNamedWithTheCommandThatEnablesIt) {
  EventStory story = story_of(EventStatus::kPending);
  story.event.next_attempt_at = at("2026-02-06T08:30:00Z");
  story.disabled = store::DisabledEndpoint{.endpoint_key = 42,
                                           .platform = "sub2api",
                                           .url = "https://example.com/callback",
                                           .reason = "answered 410",
                                           .disabled_at = at("2026-02-06T08:00:00Z")};
  const std::string steps = joined(next_steps(story, at("2026-02-06T09:00:00Z")));
  EXPECT_THAT(steps, HasSubstr("was disabled 1 h ago (answered 410)"));
  EXPECT_THAT(steps, HasSubstr("yizhan endpoints enable 42"));
}

TEST(NextSteps, AnOverdueEventAsksWhetherTheServiceRuns) {
  EventStory story = story_of(EventStatus::kPending);
  story.event.next_attempt_at = at("2026-02-06T08:30:00Z");
  EXPECT_THAT(joined(next_steps(story, at("2026-02-06T08:30:05Z"))), Not(HasSubstr("yizhan serve")));
  EXPECT_THAT(joined(next_steps(story, at("2026-02-06T08:40:00Z"))), HasSubstr("yizhan serve"));
  story.event.lease_expires_at = at("2026-02-06T08:41:00Z");
  EXPECT_THAT(joined(next_steps(story, at("2026-02-06T08:40:00Z"))), HasSubstr("in flight"));
}

TEST(NextSteps, EveryErrorClassHasAdvice) {
  for (std::size_t i = 1; i < kErrorClassCount; ++i) {
    const auto error_class = static_cast<ErrorClass>(i);
    EXPECT_FALSE(advice(error_class, 0).empty()) << to_string(error_class);
  }
  EXPECT_NE(advice(ErrorClass::kHttp4xx, 401), advice(ErrorClass::kHttp4xx, 404));
}

}  // namespace
}  // namespace yizhan::cli

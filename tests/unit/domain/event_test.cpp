// The transition table, whole: what follows from each state by each transition, and what is not allowed.
#include "domain/event.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace yizhan {
namespace {

using enum EventStatus;

constexpr std::array kAllTransitions{Transition::kDeliver, Transition::kRetry, Transition::kBury, Transition::kDiscard,
                                     Transition::kReplay};

TEST(EventTransitions, AreExactlyThese) {
  const std::map<Transition, std::map<EventStatus, EventStatus>> allowed{
      {Transition::kDeliver, {{kPending, kDelivered}, {kRetrying, kDelivered}}},
      {Transition::kRetry, {{kPending, kRetrying}, {kRetrying, kRetrying}}},
      {Transition::kBury, {{kPending, kDeadLetter}, {kRetrying, kDeadLetter}}},
      {Transition::kDiscard, {{kPending, kDiscarded}, {kRetrying, kDiscarded}, {kDeadLetter, kDiscarded}}},
      {Transition::kReplay,
       {{kPending, kPending},
        {kRetrying, kPending},
        {kDelivered, kPending},
        {kDeadLetter, kPending},
        {kDiscarded, kPending}}},
  };
  for (const Transition transition : kAllTransitions) {
    const auto& from_to = allowed.at(transition);
    for (const EventStatus from : kAllEventStatuses) {
      const auto expected = from_to.find(from);
      const std::optional<EventStatus> next = next_status(from, transition);
      if (expected == from_to.end()) {
        EXPECT_EQ(next, std::nullopt) << to_string(from) << " by " << static_cast<int>(transition);
      } else {
        EXPECT_EQ(next, expected->second) << to_string(from) << " by " << static_cast<int>(transition);
      }
    }
  }
}

TEST(EventTransitions, NoAttemptChangesAClosedEvent) {
  for (const EventStatus from : kAllEventStatuses) {
    if (is_open(from)) continue;
    for (const Transition transition : {Transition::kDeliver, Transition::kRetry, Transition::kBury}) {
      EXPECT_EQ(next_status(from, transition), std::nullopt) << to_string(from);
    }
  }
}

TEST(EventStatus, NamesAreThoseOfTheRunbookAndReadBack) {
  std::set<std::string_view> names;
  for (const EventStatus status : kAllEventStatuses) {
    names.insert(to_string(status));
    EXPECT_EQ(parse_event_status(to_string(status)), status);
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"pending", "retrying", "delivered", "dead_letter", "discarded"}));
  for (const char* text : {"", "Pending", "dead-letter", "delivered "}) {
    EXPECT_EQ(parse_event_status(text), std::nullopt) << text;
  }
}

TEST(EventStatus, OpenIsWhatStillWaits) {
  for (const EventStatus status : kAllEventStatuses) {
    EXPECT_EQ(is_open(status), status == kPending || status == kRetrying) << to_string(status);
  }
}

}  // namespace
}  // namespace yizhan

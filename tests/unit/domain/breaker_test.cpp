#include "domain/breaker.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <deque>
#include <vector>

namespace yizhan {
namespace {

using enum BreakerVerdict;

constexpr SteadyTime kStart{std::chrono::hours{5}};
constexpr BreakerOptions kOptions{
    .in_flight_cap = 16, .threshold = 3, .open_time = Milliseconds{5000}, .open_time_max = Milliseconds{20000}};

// One attempt, begun and ended at `now`.
void attempt(Breaker& breaker, BreakerVerdict verdict, SteadyTime now) {
  breaker.ended(breaker.begin(now), verdict, now);
}

Breaker opened_at(SteadyTime now) {
  Breaker breaker(kOptions);
  for (int count = 0; count < 3; ++count) attempt(breaker, kFailure, now);
  return breaker;
}

// Closed again at `now`, with a limit of 1.
Breaker recovered_at(SteadyTime now) {
  Breaker breaker = opened_at(now - Seconds{5});
  attempt(breaker, kAnswered, now);
  return breaker;
}

AttemptOutcome outcome_of(ErrorClass error_class, int status = 0) {
  AttemptOutcome outcome;
  outcome.error_class = error_class;
  outcome.response_status = status;
  return outcome;
}

TEST(BreakerVerdict, CountsTroubleOfTheEndpointNotOfTheRequest) {
  for (const ErrorClass trouble : {ErrorClass::kDns, ErrorClass::kConnect, ErrorClass::kTls, ErrorClass::kTimeout}) {
    EXPECT_EQ(breaker_verdict(outcome_of(trouble)), kFailure) << to_string(trouble);
  }
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kHttp5xx, 500)), kFailure);
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kHttp4xx, 429)), kFailure);
  for (const int status : {400, 401, 404, 410, 422}) {
    EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kHttp4xx, status)), kAnswered) << status;
  }
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kNone, 200)), kAnswered);
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kRedirect, 302)), kAnswered);
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kResponseTooLarge)), kAnswered);
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kProtocol)), kAnswered);
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kBlockedAddress)), kNeutral);
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kSigning)), kNeutral);
}

TEST(BreakerVerdict, APushServiceThatSpeaksOfOneDeviceWorks) {
  for (const ErrorClass of_one : {ErrorClass::kPushTargetInvalid, ErrorClass::kPushIgnored, ErrorClass::kPushRefused}) {
    for (const int status : {200, 400, 410, 429, 500}) {
      EXPECT_EQ(breaker_verdict(outcome_of(of_one, status)), kAnswered) << to_string(of_one) << status;
    }
  }
  // Slowed down by its own rule (decide), not taken for broken.
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kPushThrottled, 401)), kAnswered);
  // A wrong token is wrong for every device: no use in sending the others.
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kPushUnauthorized, 200)), kFailure);
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kPushFailed, 200)), kFailure);
}

TEST(BreakerVerdict, AnAlertChannelThatRefusesAMessageWorks) {
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kAlertRefused, 200)), kAnswered);
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kAlertThrottled, 200)), kAnswered);
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kAlertUnconfirmed)), kFailure);
  EXPECT_EQ(breaker_verdict(outcome_of(ErrorClass::kAlertFailed, 200)), kFailure);
}

TEST(Breaker, BeginsClosedWithTheWholeCap) {
  Breaker breaker(kOptions);
  EXPECT_EQ(breaker.state(kStart), Breaker::State::kClosed);
  EXPECT_EQ(breaker.may_begin(kStart), 16);
  for (int left = 15; left >= 0; --left) {
    breaker.begin(kStart);
    EXPECT_EQ(breaker.may_begin(kStart), left);
  }
  EXPECT_EQ(breaker.next_chance(kStart), std::nullopt) << "only the end of an attempt makes room";
}

TEST(Breaker, OpensAfterFailuresInARow) {
  Breaker breaker(kOptions);
  attempt(breaker, kFailure, kStart);
  attempt(breaker, kFailure, kStart);
  EXPECT_EQ(breaker.state(kStart), Breaker::State::kClosed);
  attempt(breaker, kFailure, kStart);
  EXPECT_EQ(breaker.state(kStart), Breaker::State::kOpen);
  EXPECT_EQ(breaker.may_begin(kStart), 0);
  EXPECT_EQ(breaker.next_chance(kStart), kStart + Seconds{5});
}

TEST(Breaker, AnAnswerBetweenFailuresBreaksTheRow) {
  Breaker breaker(kOptions);
  for (int count = 0; count < 20; ++count) {
    attempt(breaker, kFailure, kStart);
    attempt(breaker, kFailure, kStart);
    attempt(breaker, kAnswered, kStart);
  }
  EXPECT_EQ(breaker.state(kStart), Breaker::State::kClosed);
}

TEST(Breaker, WhatNeverReachedTheEndpointNeitherBreaksNorMakesARow) {
  Breaker breaker(kOptions);
  for (int count = 0; count < 20; ++count) attempt(breaker, kNeutral, kStart);
  EXPECT_EQ(breaker.state(kStart), Breaker::State::kClosed);
  attempt(breaker, kFailure, kStart);
  attempt(breaker, kFailure, kStart);
  attempt(breaker, kNeutral, kStart);
  attempt(breaker, kFailure, kStart);
  EXPECT_EQ(breaker.state(kStart), Breaker::State::kOpen);
}

TEST(Breaker, WithoutThresholdNeverOpens) {
  BreakerOptions options = kOptions;
  options.threshold = 0;
  Breaker breaker(options);
  for (int count = 0; count < 1000; ++count) attempt(breaker, kFailure, kStart);
  EXPECT_EQ(breaker.may_begin(kStart), 16);
}

TEST(Breaker, LetsOneProbeThroughAtATime) {
  Breaker breaker = opened_at(kStart);
  const SteadyTime due = kStart + Seconds{5};
  EXPECT_EQ(breaker.may_begin(due - std::chrono::nanoseconds{1}), 0);
  EXPECT_EQ(breaker.may_begin(due), 1);
  EXPECT_EQ(breaker.state(due), Breaker::State::kHalfOpen);
  const auto probe = breaker.begin(due);
  EXPECT_EQ(breaker.may_begin(due + std::chrono::hours{1}), 0);
  EXPECT_EQ(breaker.next_chance(due), std::nullopt);
  breaker.ended(probe, kNeutral, due);
  EXPECT_EQ(breaker.may_begin(due), 1) << "a probe that was not sent decides nothing";
}

TEST(Breaker, StaysOpenTwiceAsLongAfterEachFailedProbeUpToItsMaximum) {
  Breaker breaker = opened_at(kStart);
  SteadyTime now = kStart + Seconds{5};
  for (const int seconds : {10, 20, 20, 20}) {
    attempt(breaker, kFailure, now);
    EXPECT_EQ(breaker.next_chance(now), now + Seconds{seconds});
    now += Seconds{seconds};
  }
}

TEST(Breaker, DoublesFromOneAfterAGoodProbe) {
  Breaker breaker = recovered_at(kStart);
  for (const int expected : {1, 2, 4, 8, 16, 16}) {
    EXPECT_EQ(breaker.limit(), expected);
    EXPECT_EQ(breaker.may_begin(kStart), expected);
    attempt(breaker, kAnswered, kStart);
  }
}

TEST(Breaker, HalvesOnAFailureWhileItRises) {
  Breaker breaker = recovered_at(kStart);
  for (int count = 0; count < 3; ++count) attempt(breaker, kAnswered, kStart);
  EXPECT_EQ(breaker.limit(), 8);
  attempt(breaker, kFailure, kStart);
  EXPECT_EQ(breaker.limit(), 4);
}

TEST(Breaker, ForgetsTheLongOpenTimeOnlyWhenFullyRecovered) {
  Breaker breaker = opened_at(kStart);
  attempt(breaker, kFailure, kStart + Seconds{5});  // open for 10 s
  SteadyTime now = kStart + Seconds{15};
  for (int count = 0; count < 3; ++count) attempt(breaker, kAnswered, now);
  for (int count = 0; count < 3; ++count) attempt(breaker, kFailure, now);
  EXPECT_EQ(breaker.next_chance(now), now + Seconds{10}) << "it only seemed to be well";

  now += Seconds{10};
  for (int count = 0; count < 5; ++count) attempt(breaker, kAnswered, now);
  EXPECT_EQ(breaker.limit(), 16);
  for (int count = 0; count < 3; ++count) attempt(breaker, kFailure, now);
  EXPECT_EQ(breaker.next_chance(now), now + Seconds{5});
}

TEST(Breaker, LateResultsOfAnEarlierPhaseDecideNothing) {
  Breaker breaker(kOptions);
  std::deque<Breaker::Ticket> early;
  for (int count = 0; count < 6; ++count) early.push_back(breaker.begin(kStart));
  for (int count = 0; count < 3; ++count) {
    breaker.ended(early.front(), kFailure, kStart);
    early.pop_front();
  }
  ASSERT_EQ(breaker.state(kStart), Breaker::State::kOpen);

  const SteadyTime due = kStart + Seconds{5};
  const auto probe = breaker.begin(due);
  breaker.ended(early[0], kAnswered, due);
  EXPECT_EQ(breaker.state(due), Breaker::State::kHalfOpen) << "a late success is no good probe";
  breaker.ended(early[1], kFailure, due);
  EXPECT_EQ(breaker.state(due), Breaker::State::kHalfOpen) << "a late failure is no bad probe";
  breaker.ended(probe, kAnswered, due);
  EXPECT_EQ(breaker.state(due), Breaker::State::kClosed);
  EXPECT_EQ(breaker.in_flight(), 1);
  EXPECT_EQ(breaker.may_begin(due), 0) << "the late one still counts against the limit of 1";
  breaker.ended(early[2], kFailure, due);
  EXPECT_EQ(breaker.may_begin(due), 1);
}

TEST(BreakerSlowDown, PausesThenAllowsHalfThenOneMoreWithEachRoundOfAnswers) {
  Breaker breaker(kOptions);
  breaker.slow_down(Seconds{7}, kStart);
  EXPECT_EQ(breaker.may_begin(kStart + Seconds{7} - std::chrono::nanoseconds{1}), 0);
  EXPECT_EQ(breaker.next_chance(kStart), kStart + Seconds{7});
  const SteadyTime after = kStart + Seconds{7};
  for (int expected = 8; expected < 16; ++expected) {
    for (int answer = 0; answer < expected; ++answer) {
      EXPECT_EQ(breaker.may_begin(after), expected);
      attempt(breaker, kAnswered, after);
    }
  }
  EXPECT_EQ(breaker.may_begin(after), 16);
}

TEST(BreakerSlowDown, HalvesOnceForABurstAndKeepsTheLongestPause) {
  BreakerOptions options = kOptions;
  options.threshold = 0;
  Breaker breaker(options);
  std::array<Breaker::Ticket, 16> burst{};
  for (Breaker::Ticket& ticket : burst) ticket = breaker.begin(kStart);
  for (const auto ticket : burst) {
    breaker.slow_down(Seconds{7}, kStart);
    breaker.ended(ticket, kFailure, kStart);
  }
  breaker.slow_down(Seconds{3}, kStart + Seconds{1});
  EXPECT_EQ(breaker.limit(), 8);
  EXPECT_EQ(breaker.next_chance(kStart), kStart + Seconds{7});
  breaker.slow_down(Seconds{1}, kStart + Seconds{7});
  EXPECT_EQ(breaker.limit(), 4) << "asked again after the pause";
}

TEST(BreakerSlowDown, NeverGoesBelowOne) {
  Breaker breaker(kOptions);
  SteadyTime now = kStart;
  for (int count = 0; count < 100; ++count, now += Seconds{1}) breaker.slow_down(Seconds{1}, now);
  EXPECT_EQ(breaker.may_begin(now), 1);
}

TEST(BreakerSlowDown, OutlastsTheOpenTimeWhereItIsLonger) {
  Breaker breaker = opened_at(kStart);
  breaker.slow_down(Seconds{60}, kStart);
  EXPECT_EQ(breaker.may_begin(kStart + Seconds{30}), 0);
  EXPECT_EQ(breaker.next_chance(kStart), kStart + Seconds{60});
}

TEST(Breaker, ResetBeginsAgainFromOne) {
  Breaker breaker = opened_at(kStart);
  breaker.slow_down(Seconds{60}, kStart);
  breaker.reset();
  EXPECT_EQ(breaker.state(kStart), Breaker::State::kClosed);
  EXPECT_EQ(breaker.may_begin(kStart), 1);
}

// Whatever happens in whatever order: the cap holds, counts stay right, waiting for next_chance() always gives one, and
// an endpoint whose attempts all end is never stuck.
RC_GTEST_PROP(Breaker, KeepsItsBoundsAndNeverSticks, ()) {
  BreakerOptions options;
  options.in_flight_cap = *rc::gen::inRange(1, 70);
  options.threshold = *rc::gen::inRange(0, 12);
  options.open_time = Milliseconds{*rc::gen::inRange(1, 10000)};
  options.open_time_max = Milliseconds{*rc::gen::inRange(1, 100000)};
  Breaker breaker(options);
  std::vector<Breaker::Ticket> in_flight;
  SteadyTime now = kStart;

  const auto end_one = [&](BreakerVerdict verdict) {
    const auto at = *rc::gen::inRange<std::size_t>(0, in_flight.size());
    breaker.ended(in_flight[at], verdict, now);
    in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(at));
  };
  for (int step = 0; step < 200; ++step) {
    const int action = *rc::gen::inRange(0, 8);
    if (action <= 2 && breaker.may_begin(now) > 0) {
      in_flight.push_back(breaker.begin(now));
    } else if (action <= 5 && !in_flight.empty()) {
      end_one(*rc::gen::element(kAnswered, kFailure, kFailure, kNeutral));
    } else if (action == 6) {
      breaker.slow_down(Milliseconds{*rc::gen::inRange(0, 5000)}, now);
    } else {
      now += Milliseconds{*rc::gen::inRange(0, 5000)};
    }
    RC_ASSERT(breaker.in_flight() == static_cast<int>(in_flight.size()));
    RC_ASSERT(breaker.in_flight() <= options.in_flight_cap);
    RC_ASSERT(breaker.limit() >= 1 && breaker.limit() <= options.in_flight_cap);
    RC_ASSERT(breaker.may_begin(now) <= options.in_flight_cap - breaker.in_flight());
    if (const auto chance = breaker.next_chance(now)) {
      RC_ASSERT(*chance > now);
      RC_ASSERT(breaker.may_begin(now) == 0);
      RC_ASSERT(breaker.may_begin(*chance) > 0);
    }
  }
  while (!in_flight.empty()) end_one(kFailure);
  RC_ASSERT(breaker.may_begin(now) > 0 || breaker.next_chance(now).has_value());
}

TEST(Breaker, OtherOptionsLeaveWhatIsKnownOfTheEndpoint) {
  BreakerOptions more = kOptions;
  more.in_flight_cap = 32;
  more.open_time = Milliseconds{1000};
  Breaker full(kOptions);
  full.adopt(more);
  EXPECT_EQ(full.limit(), 32) << "it stood at the cap";
  full.adopt(kOptions);
  EXPECT_EQ(full.limit(), 16);

  Breaker open = opened_at(kStart);
  open.adopt(more);
  EXPECT_EQ(open.state(kStart), Breaker::State::kOpen);
  EXPECT_EQ(open.next_chance(kStart), kStart + Seconds{5}) << "this opening is as long as it was";

  Breaker recovered = recovered_at(kStart);
  recovered.adopt(more);
  EXPECT_EQ(recovered.limit(), 1);
  for (int i = 0; i < 10; ++i) attempt(recovered, kAnswered, kStart);
  EXPECT_EQ(recovered.limit(), 32) << "it grows to the new cap";

  Breaker busy(kOptions);
  const auto ticket = busy.begin(kStart);
  busy.adopt(more);
  EXPECT_EQ(busy.in_flight(), 1);
  busy.ended(ticket, kAnswered, kStart);
  EXPECT_EQ(busy.in_flight(), 0);
}

}  // namespace
}  // namespace yizhan

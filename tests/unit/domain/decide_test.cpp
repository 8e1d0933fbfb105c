#include "domain/decide.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/backoff.h"

namespace yizhan {
namespace {

constexpr UtcTime kNow{Seconds{1777777777}};

DeliveryPolicy exact_policy() {
  DeliveryPolicy policy;
  policy.jitter = 0;
  return policy;
}

AttemptOutcome answered(int status, std::string retry_after = "") {
  AttemptOutcome outcome;
  outcome.response_status = status;
  outcome.error_class = class_of_status(status);
  outcome.retry_after = std::move(retry_after);
  return outcome;
}

AttemptOutcome failed(ErrorClass error_class) {
  AttemptOutcome outcome;
  outcome.error_class = error_class;
  return outcome;
}

Decision decide_exactly(int tries_in_run, const AttemptOutcome& outcome) {
  return decide(exact_policy(), tries_in_run, outcome, kNow, 0.5);
}

TEST(Decide, OnlyA2xxIsSuccess) {
  for (int status = 100; status <= 599; ++status) {
    const bool success = status >= 200 && status <= 299;
    EXPECT_EQ(decide_exactly(0, answered(status)).next_status == EventStatus::kDelivered, success) << status;
  }
  EXPECT_NE(decide_exactly(0, failed(ErrorClass::kNone)).next_status, EventStatus::kDelivered)
      << "no error, but no response either";
  AttemptOutcome broken = answered(200);
  broken.error_class = ErrorClass::kProtocol;
  EXPECT_NE(decide_exactly(0, broken).next_status, EventStatus::kDelivered) << "a 200 whose response broke off";
}

TEST(Decide, SuccessLeavesTheEndpointAlone) {
  const Decision decision = decide_exactly(3, answered(204, "100"));
  EXPECT_EQ(decision.next_status, EventStatus::kDelivered);
  EXPECT_EQ(decision.endpoint_effect, EndpointEffect::kNone);
}

TEST(Decide, RetriesByTheScheduleThenBuries) {
  const std::vector<Seconds> schedule{Seconds{10}, Seconds{30}, Seconds{60}, Seconds{300}, Seconds{900}};
  for (int tries = 0; tries < 5; ++tries) {
    const Decision decision = decide_exactly(tries, failed(ErrorClass::kConnect));
    EXPECT_EQ(decision.next_status, EventStatus::kRetrying) << tries;
    EXPECT_EQ(decision.next_attempt_at, kNow + schedule[static_cast<std::size_t>(tries)]) << tries;
  }
  EXPECT_EQ(decide_exactly(5, failed(ErrorClass::kConnect)).next_status, EventStatus::kDeadLetter);
  EXPECT_EQ(decide_exactly(6, failed(ErrorClass::kConnect)).next_status, EventStatus::kDeadLetter);
}

TEST(Decide, BuriesTheFirstFailureWhereNoRetriesAreAllowed) {
  DeliveryPolicy policy = exact_policy();
  policy.max_retries = 0;
  EXPECT_EQ(decide(policy, 0, answered(500), kNow, 0.5).next_status, EventStatus::kDeadLetter);
  EXPECT_EQ(decide(policy, 0, answered(200), kNow, 0.5).next_status, EventStatus::kDelivered);
}

TEST(Decide, WaitsForTheLongerOfBackoffAndRetryAfter) {
  for (const int status : {302, 404, 429, 500, 503}) {
    EXPECT_EQ(decide_exactly(0, answered(status, "120")).next_attempt_at, kNow + Seconds{120}) << status;
    EXPECT_EQ(decide_exactly(4, answered(status, "120")).next_attempt_at, kNow + Seconds{900}) << status;
    EXPECT_EQ(decide_exactly(0, answered(status, "100000")).next_attempt_at, kNow + Seconds{3600}) << "capped";
    EXPECT_EQ(decide_exactly(0, answered(status, "-1")).next_attempt_at, kNow + Seconds{10}) << "nonsense";
  }
}

TEST(Decide, SlowsTheEndpointDownWhenItAsksForIt) {
  for (const int status : {429, 502, 503, 504}) {
    const Decision plain = decide_exactly(0, answered(status));
    EXPECT_EQ(plain.endpoint_effect, EndpointEffect::kSlowDown) << status;
    EXPECT_EQ(plain.endpoint_pause, kSlowDownPause) << status;
    EXPECT_EQ(decide_exactly(0, answered(status, "7")).endpoint_pause, Seconds{7}) << status;
    EXPECT_EQ(decide_exactly(0, answered(status, "100000")).endpoint_pause, Seconds{3600}) << status;
  }
  for (const int status : {200, 301, 400, 404, 408, 500, 501, 505}) {
    EXPECT_EQ(decide_exactly(0, answered(status, "7")).endpoint_effect, EndpointEffect::kNone) << status;
  }
}

TEST(Decide, SlowsTheEndpointDownByADeadLetterToo) {
  const Decision decision = decide_exactly(5, answered(503));
  EXPECT_EQ(decision.next_status, EventStatus::kDeadLetter);
  EXPECT_EQ(decision.endpoint_effect, EndpointEffect::kSlowDown);
}

TEST(Decide, GoneDisablesTheEndpointAndTheEventWaits) {
  for (const int tries : {0, 1, 5, 6, 1000}) {
    const Decision decision = decide_exactly(tries, answered(410));
    EXPECT_EQ(decision.endpoint_effect, EndpointEffect::kDisable) << tries;
    EXPECT_EQ(decision.next_status, EventStatus::kRetrying) << tries;
    EXPECT_GT(decision.next_attempt_at, kNow) << tries;
  }
}

// ---- what a push service says of one device, under a 200 as a rule

AttemptOutcome said(ErrorClass error_class, int status = 200, std::string retry_after = "") {
  AttemptOutcome outcome = answered(status, std::move(retry_after));
  outcome.error_class = error_class;
  return outcome;
}

TEST(Decide, BuriesAtOnceWhatNoRetryCanHelp) {
  for (const ErrorClass final_class : {ErrorClass::kSigning, ErrorClass::kPushTargetInvalid, ErrorClass::kPushIgnored,
                                       ErrorClass::kPushRefused, ErrorClass::kAlertRefused}) {
    for (const int tries : {0, 3, 5}) {
      const Decision decision = decide_exactly(tries, said(final_class));
      EXPECT_EQ(decision.next_status, EventStatus::kDeadLetter) << to_string(final_class) << tries;
      EXPECT_EQ(decision.endpoint_effect, EndpointEffect::kNone) << to_string(final_class);
    }
  }
}

TEST(Decide, RetriesWhatTheServiceMayMend) {
  for (const ErrorClass passing : {ErrorClass::kPushUnauthorized, ErrorClass::kPushFailed,
                                   ErrorClass::kAlertUnconfirmed, ErrorClass::kAlertFailed}) {
    EXPECT_EQ(decide_exactly(0, said(passing)).next_status, EventStatus::kRetrying) << to_string(passing);
    EXPECT_EQ(decide_exactly(4, said(passing)).next_attempt_at, kNow + Seconds{900}) << to_string(passing);
    EXPECT_EQ(decide_exactly(5, said(passing)).next_status, EventStatus::kDeadLetter) << to_string(passing);
    EXPECT_EQ(decide_exactly(0, said(passing)).endpoint_effect, EndpointEffect::kNone) << to_string(passing);
  }
}

TEST(Decide, PatienceThatIsAskedForUsesUpNoEvent) {
  for (const int tries : {0, 5, 6, 100}) {
    const Decision decision = decide_exactly(tries, said(ErrorClass::kPushThrottled, 401));
    EXPECT_EQ(decision.next_status, EventStatus::kRetrying) << tries;
    EXPECT_EQ(decision.next_attempt_at, kNow + (tries == 0 ? Seconds{10} : Seconds{900})) << tries;
    EXPECT_EQ(decision.endpoint_effect, EndpointEffect::kSlowDown) << tries;
    EXPECT_EQ(decision.endpoint_pause, kSlowDownPause) << tries;
  }
  const Decision quota = decide_exactly(5, said(ErrorClass::kPushThrottled, 403, "3600"));
  EXPECT_EQ(quota.next_attempt_at, kNow + Seconds{3600});
  EXPECT_EQ(quota.endpoint_pause, Seconds{3600});
  const Decision muted = decide_exactly(100, said(ErrorClass::kAlertThrottled, 200, "600"));
  EXPECT_EQ(muted.next_status, EventStatus::kRetrying);
  EXPECT_EQ(muted.endpoint_effect, EndpointEffect::kSlowDown);
  EXPECT_EQ(muted.endpoint_pause, Seconds{600});
}

TEST(Decide, WhatIsSaidOfADeviceDisablesNoEndpoint) {
  EXPECT_EQ(decide_exactly(0, said(ErrorClass::kPushTargetInvalid, 410)).endpoint_effect, EndpointEffect::kNone);
  EXPECT_EQ(decide_exactly(0, said(ErrorClass::kPushTargetInvalid, 410)).next_status, EventStatus::kDeadLetter);
  EXPECT_EQ(decide_exactly(0, said(ErrorClass::kPushFailed, 410)).endpoint_effect, EndpointEffect::kNone);
  EXPECT_EQ(decide_exactly(0, said(ErrorClass::kAlertRefused, 410)).next_status, EventStatus::kDeadLetter);
}

RC_GTEST_PROP(Decide, EveryOutcomeLeadsSomewhere, ()) {
  DeliveryPolicy policy;
  policy.max_retries = *rc::gen::inRange(0, 10);
  const int tries = *rc::gen::inRange(0, 15);
  AttemptOutcome outcome;
  outcome.error_class = static_cast<ErrorClass>(*rc::gen::inRange<std::size_t>(0, kErrorClassCount));
  outcome.response_status = *rc::gen::element(0, 200, 204, 302, 400, 401, 403, 404, 410, 429, 500, 503);
  const Decision decision = decide(policy, tries, outcome, kNow, *rc::gen::inRange(0, 1'000'000) / 1e6);

  const bool delivered = outcome.error_class == ErrorClass::kNone && outcome.response_status / 100 == 2;
  RC_ASSERT((decision.next_status == EventStatus::kDelivered) == delivered);
  if (is_final(outcome.error_class)) RC_ASSERT(decision.next_status == EventStatus::kDeadLetter);
  if (is_throttled(outcome.error_class)) RC_ASSERT(decision.next_status == EventStatus::kRetrying);
  if (decision.next_status == EventStatus::kRetrying) RC_ASSERT(decision.next_attempt_at > kNow);
  if (decision.endpoint_effect == EndpointEffect::kDisable) {
    RC_ASSERT(outcome.response_status == 410);
    RC_ASSERT(!is_of_push_service(outcome.error_class));
  }
}

RC_GTEST_PROP(Decide, ADeadLetterMeansThatEveryRetryWasUsed, ()) {
  DeliveryPolicy policy;
  policy.max_retries = *rc::gen::inRange(0, 20);
  const int tries = *rc::gen::inRange(0, 25);
  const int status = *rc::gen::inRange(100, 600);
  const double unit = *rc::gen::inRange(0, 1'000'000) / 1e6;
  const Decision decision = decide(policy, tries, answered(status, *rc::gen::arbitrary<std::string>()), kNow, unit);

  RC_ASSERT(is_open(decision.next_status) || decision.next_attempt_at == kNow);
  RC_ASSERT(decision.next_status != EventStatus::kPending);
  if (decision.next_status == EventStatus::kDeadLetter) {
    RC_ASSERT(tries >= policy.max_retries);
    RC_ASSERT(status != 410);
  }
  if (decision.next_status == EventStatus::kRetrying) {
    RC_ASSERT(decision.next_attempt_at >= kNow + retry_delay(policy, tries + 1, unit));
    RC_ASSERT(tries < policy.max_retries || status == 410);
  }
}

}  // namespace
}  // namespace yizhan

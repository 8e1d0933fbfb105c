// What follows from the outcome of an attempt: the step between sending and recording. Pure: the simulation and the
// property tests drive exactly what the dispatcher runs.
//
// Source of the rules: Standard Webhooks 1.0.0, "Sender": only 2xx is success, a redirect is a failure, 410 disables
// the endpoint, 429, 502, 503 and 504 slow it down, Retry-After is honoured; the runbook's schedule (docs/states.md).
#pragma once

#include "base/clock.h"
#include "domain/attempt.h"
#include "domain/event.h"
#include "domain/policy.h"

namespace yizhan {

enum class EndpointEffect {
  kNone,
  kDisable,   ///< 410 Gone: nothing more is sent there until an operator enables it; its events wait
  kSlowDown,  ///< 429, 502, 503, 504, is_throttled(): Breaker::slow_down() with `endpoint_pause`
};

struct Decision {
  EventStatus next_status = EventStatus::kDelivered;  ///< delivered, retrying or dead_letter
  UtcTime next_attempt_at{};                          ///< for retrying; otherwise `now`
  EndpointEffect endpoint_effect = EndpointEffect::kNone;
  /// For kSlowDown: from now on, by a clock that does not jump. The Retry-After, within its cap, or kSlowDownPause.
  Microseconds endpoint_pause{};
};

/// How long an endpoint that asks to be slowed down without saying for how long is left alone.
inline constexpr Seconds kSlowDownPause{1};

/// `tries_in_run`: failed attempts of this run before this one, as the claim told it. The event is retrying after its
/// attempt failed while retries are left, and waits for the longer of its backoff and a Retry-After within
/// `policy.retry_after_cap`; without retries left, or with an outcome that is final (is_final()), it is a dead letter.
/// A 410 never makes a dead letter, and neither does a service that asks for patience (is_throttled()): both say
/// nothing against the event. What a push service says of one device never disables the endpoint, be it under a 410.
Decision decide(const DeliveryPolicy& policy, int tries_in_run, const AttemptOutcome& outcome, UtcTime now,
                double random_unit);

}  // namespace yizhan

#include "domain/decide.h"

#include <algorithm>

#include "domain/backoff.h"
#include "domain/retry_after.h"

namespace yizhan {
namespace {

constexpr int kGone = 410;

bool is_success(const AttemptOutcome& outcome) {
  return outcome.succeeded() && class_of_status(outcome.response_status) == ErrorClass::kNone;
}

bool asks_to_slow_down(const AttemptOutcome& outcome) {
  const int status = outcome.response_status;
  return status == 429 || status == 502 || status == 503 || status == 504 || is_throttled(outcome.error_class);
}

// Pending until a try of this run failed: the state that the store shows for the same count.
EventStatus status_before(int tries_in_run) {
  return tries_in_run > 0 ? EventStatus::kRetrying : EventStatus::kPending;
}

EventStatus status_after(int tries_in_run, Transition transition) {
  // The three transitions of an attempt are allowed from every open state, so there always is a next one.
  return next_status(status_before(tries_in_run), transition).value();
}

}  // namespace

Decision decide(const DeliveryPolicy& policy, int tries_in_run, const AttemptOutcome& outcome, UtcTime now,
                double random_unit) {
  Decision decision;
  decision.next_attempt_at = now;
  if (is_success(outcome)) {
    decision.next_status = status_after(tries_in_run, Transition::kDeliver);
    return decision;
  }

  const int retry_number = tries_in_run + 1;
  const Microseconds backoff = retry_delay(policy, retry_number, random_unit);
  const bool speaks_of_the_message = is_of_push_service(outcome.error_class) || is_final(outcome.error_class);
  if (outcome.response_status == kGone && !speaks_of_the_message) {
    decision.next_status = status_after(tries_in_run, Transition::kRetry);
    decision.next_attempt_at = now + backoff;
    decision.endpoint_effect = EndpointEffect::kDisable;
    return decision;
  }

  const std::optional<Microseconds> retry_after = parse_retry_after(outcome.retry_after, now, policy.retry_after_cap);
  if (asks_to_slow_down(outcome)) {
    decision.endpoint_effect = EndpointEffect::kSlowDown;
    decision.endpoint_pause = retry_after.value_or(kSlowDownPause);
  }
  const bool may_be_retried = retry_number <= policy.max_retries || is_throttled(outcome.error_class);
  if (!may_be_retried || is_final(outcome.error_class)) {
    decision.next_status = status_after(tries_in_run, Transition::kBury);
    return decision;
  }
  decision.next_status = status_after(tries_in_run, Transition::kRetry);
  decision.next_attempt_at = now + std::max(backoff, retry_after.value_or(Microseconds::zero()));
  return decision;
}

}  // namespace yizhan

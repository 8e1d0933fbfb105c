#include "domain/breaker.h"

#include <algorithm>
#include <utility>

namespace yizhan {

BreakerVerdict breaker_verdict(const AttemptOutcome& outcome) {
  switch (outcome.error_class) {
    case ErrorClass::kDns:
    case ErrorClass::kConnect:
    case ErrorClass::kTls:
    case ErrorClass::kTimeout:
    case ErrorClass::kHttp5xx:
      return BreakerVerdict::kFailure;
    case ErrorClass::kHttp4xx:
      return outcome.response_status == 429 ? BreakerVerdict::kFailure : BreakerVerdict::kAnswered;
    case ErrorClass::kBlockedAddress:
    case ErrorClass::kSigning:
      return BreakerVerdict::kNeutral;
    case ErrorClass::kNone:
    case ErrorClass::kRedirect:
    case ErrorClass::kResponseTooLarge:
    case ErrorClass::kProtocol:
    case ErrorClass::kPushTargetInvalid:
    case ErrorClass::kPushIgnored:
    case ErrorClass::kPushRefused:
    case ErrorClass::kPushThrottled:  // it is slowed down; what it says of itself is that it works
    case ErrorClass::kAlertRefused:
    case ErrorClass::kAlertThrottled:
      return BreakerVerdict::kAnswered;
    case ErrorClass::kPushUnauthorized:
    case ErrorClass::kPushFailed:
    case ErrorClass::kAlertUnconfirmed:
    case ErrorClass::kAlertFailed:
      return BreakerVerdict::kFailure;
  }
  return BreakerVerdict::kNeutral;
}

BreakerOptions breaker_options(const DeliveryPolicy& policy) {
  return {.in_flight_cap = policy.in_flight_cap,
          .threshold = policy.breaker_threshold,
          .open_time = policy.breaker_open,
          .open_time_max = policy.breaker_open_max};
}

namespace {

BreakerOptions usable(BreakerOptions options) {
  options.in_flight_cap = std::max(1, options.in_flight_cap);
  options.open_time_max = std::max(options.open_time, options.open_time_max);
  return options;
}

}  // namespace

Breaker::Breaker(const BreakerOptions& options) : options_(usable(options)) {
  limit_ = options_.in_flight_cap;
  doubling_until_ = options_.in_flight_cap;
  open_time_ = options_.open_time;
}

void Breaker::adopt(const BreakerOptions& options) {
  const BreakerOptions before = std::exchange(options_, usable(options));
  if (limit_ == before.in_flight_cap) limit_ = options_.in_flight_cap;
  if (doubling_until_ == before.in_flight_cap) doubling_until_ = options_.in_flight_cap;
  limit_ = std::min(limit_, options_.in_flight_cap);
  doubling_until_ = std::min(doubling_until_, options_.in_flight_cap);
  if (open_time_ == before.open_time) open_time_ = options_.open_time;
  open_time_ = std::min(open_time_, options_.open_time_max);
}

Breaker::State Breaker::state(SteadyTime now) const {
  return state_ == State::kOpen && now >= open_until_ ? State::kHalfOpen : state_;
}

int Breaker::may_begin(SteadyTime now) const {
  if (now < paused_until_) return 0;
  switch (state(now)) {
    case State::kOpen:
      return 0;
    case State::kHalfOpen:
      // Late attempts of the phase before may still be out; that one more stays within the cap is certain, since it
      // took the end of an attempt to open. On entering the phase probes_in_flight_ is 0.
      return 1 - probes_in_flight_;
    case State::kClosed:
      return std::max(0, limit_ - in_flight_);
  }
  return 0;
}

std::optional<SteadyTime> Breaker::next_chance(SteadyTime now) const {
  const SteadyTime chance = state_ == State::kOpen ? std::max(open_until_, paused_until_) : paused_until_;
  if (chance <= now || may_begin(chance) == 0) return std::nullopt;
  return chance;
}

Breaker::Ticket Breaker::begin(SteadyTime now) {
  if (state_ == State::kOpen && state(now) == State::kHalfOpen) {
    state_ = State::kHalfOpen;
    ++phase_;
  }
  if (state_ == State::kHalfOpen) ++probes_in_flight_;
  ++in_flight_;
  return phase_;
}

void Breaker::ended(Ticket ticket, BreakerVerdict verdict, SteadyTime now) {
  --in_flight_;
  if (ticket != phase_) return;  // late: it says how the endpoint was before
  if (state_ == State::kHalfOpen) {
    --probes_in_flight_;
    if (verdict == BreakerVerdict::kAnswered) close_from_one();
    if (verdict == BreakerVerdict::kFailure) {
      open_time_ = std::min(open_time_ * 2, options_.open_time_max);
      open(now);
    }
    return;
  }
  if (verdict == BreakerVerdict::kAnswered) {
    failures_in_a_row_ = 0;
    raise_limit();
  }
  if (verdict == BreakerVerdict::kFailure) {
    // A full limit stands until the breaker opens; one that is still rising shows that the endpoint is not well yet.
    // While paused, the results are those of one burst, for which slow_down() has halved already.
    if (limit_ < options_.in_flight_cap && now >= paused_until_) limit_ = std::max(1, limit_ / 2);
    ++failures_in_a_row_;
    if (options_.threshold > 0 && failures_in_a_row_ >= options_.threshold) open(now);
  }
}

void Breaker::slow_down(Microseconds pause, SteadyTime now) {
  if (now >= paused_until_) {
    limit_ = std::max(1, limit_ / 2);
    doubling_until_ = limit_;
    answers_of_round_ = 0;
  }
  paused_until_ = std::max(paused_until_, now + pause);
}

void Breaker::reset() {
  close_from_one();
  paused_until_ = SteadyTime{};
  open_time_ = options_.open_time;
}

void Breaker::open(SteadyTime now) {
  state_ = State::kOpen;
  ++phase_;
  failures_in_a_row_ = 0;
  probes_in_flight_ = 0;
  open_until_ = now + open_time_;
}

void Breaker::close_from_one() {
  state_ = State::kClosed;
  ++phase_;
  failures_in_a_row_ = 0;
  probes_in_flight_ = 0;
  limit_ = 1;
  doubling_until_ = options_.in_flight_cap;
}

void Breaker::raise_limit() {
  if (limit_ < doubling_until_) {
    limit_ = std::min(options_.in_flight_cap, limit_ * 2);
  } else if (limit_ < options_.in_flight_cap && ++answers_of_round_ >= limit_) {
    ++limit_;
    answers_of_round_ = 0;
  }
  if (limit_ == options_.in_flight_cap) open_time_ = options_.open_time;
}

std::string_view to_string(Breaker::State state) {
  switch (state) {
    case Breaker::State::kClosed:
      return "closed";
    case Breaker::State::kOpen:
      return "open";
    case Breaker::State::kHalfOpen:
      return "half_open";
  }
  return "";
}

}  // namespace yizhan

// What the dispatcher knows about one endpoint: its queue in memory, what is in flight, how it behaves, and when its
// next event in the store is due. Endpoints share nothing, so that one in trouble costs the others nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "dispatch/route.h"
#include "domain/breaker.h"
#include "domain/rate_limit.h"
#include "store/store.h"

namespace yizhan::dispatch {

/// An event that this process holds the lease of.
struct QueuedEvent {
  store::ClaimedEvent claimed;
  SteadyTime lease_until{};  ///< by this process's monotonic clock, counted from before the claim was made
  std::shared_ptr<const Route> route;
};

inline constexpr UtcTime kNever = UtcTime::max();

struct Endpoint {
  Endpoint(std::int64_t endpoint_key, const DeliveryPolicy& first_policy)
      : key(endpoint_key),
        breaker(breaker_options(first_policy)),
        rate(first_policy.rate_per_second),
        policy(first_policy) {}

  std::int64_t key;
  Breaker breaker;
  RateLimit rate;
  DeliveryPolicy policy;
  std::shared_ptr<const Route> route;  ///< of its last event; null until the first is known

  std::deque<QueuedEvent> queue;
  std::size_t queued_bytes = 0;
  int reserved = 0;        ///< events promised a place in the queue while their transaction runs
  int claims_waiting = 0;  ///< claims handed to the writer and not answered
  bool last_claim_full = false;

  UtcTime next_due = kNever;  ///< when the store is known to have an unclaimed event that is due
  SteadyTime planned_wake = SteadyTime::max();

  Breaker::State logged_breaker = Breaker::State::kClosed;
  int failures_in_row = 0;
  std::string last_error;  ///< of its last attempt; empty after a success
  bool disabled = false;
  std::string disabled_reason;
  UtcTime disabled_at{};
  bool disabling = false;  ///< its 410 is not in the store yet; what the store says of it is old

  /// Nothing waits for it and nothing holds it back: it may be forgotten, so that URLs made up by others cost no
  /// memory.
  bool idle(SteadyTime now) const {
    return queue.empty() && reserved == 0 && breaker.in_flight() == 0 && claims_waiting == 0 && next_due == kNever &&
           !disabled && breaker.state(now) == Breaker::State::kClosed && !breaker.next_chance(now);
  }
};

}  // namespace yizhan::dispatch

// A whole relay station in virtual time: events, endpoints with their moods, a wall clock that jumps, and a dispatcher
// that does nothing but ask the pure parts (decide, breaker, rate limit) and obey. Deterministic from its seed.
//
// It checks its own invariants after every step and throws std::logic_error with the seed when one is broken:
//   - the ledger, counted from the events, sums up;
//   - no event is in flight twice, none leaves before it is due, none that is closed or whose endpoint is disabled
//   leaves;
//   - no endpoint has more in flight than its cap, nor than its breaker allows;
//   - what follows from an attempt is in the transition table.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "domain/attempt.h"
#include "domain/breaker.h"
#include "domain/event.h"
#include "domain/ledger.h"
#include "domain/policy.h"
#include "domain/rate_limit.h"

namespace yizhan {

struct SimulatedReply {
  AttemptOutcome outcome;
  Microseconds duration{};
};
SimulatedReply reply_with(int status, Microseconds duration, std::string retry_after = "");
SimulatedReply no_reply(ErrorClass error_class, Microseconds duration);

/// What an endpoint answers to event number `event` at `now` (wall time is for dates in headers only).
using Mood = std::function<SimulatedReply(std::size_t event, SteadyTime now, UtcTime wall, Random& random)>;

struct SimulatedEvent {
  std::size_t endpoint = 0;
  EventStatus status = EventStatus::kPending;
  UtcTime next_attempt_at{};
  int failed_tries = 0;  // of the run: what the claim tells
  bool in_flight = false;
  std::vector<int> statuses_seen{};  // of each attempt; 0 where there was no response
};

struct SimulatedEndpoint {
  Mood mood;
  Breaker breaker;
  RateLimit rate;
  bool disabled = false;
  int in_flight = 0;
  int most_in_flight = 0;
  std::vector<SteadyTime> attempts_begun{};
  std::multimap<UtcTime, std::size_t> due{};  // open events that are not in flight
};

class SimulatedStation {
 public:
  SimulatedStation(std::uint64_t seed, DeliveryPolicy policy);

  std::size_t add_endpoint(Mood mood);
  /// `count` events for `endpoint`, accepted at `when`.
  void accept_at(SteadyTime when, std::size_t endpoint, std::size_t count);
  /// Anything else that happens at a moment: a jump of the wall clock, an operator.
  void at(SteadyTime when, std::function<void()> action);
  void jump_wall_clock(std::chrono::seconds by) { wall_offset_ += by; }
  void enable(std::size_t endpoint);

  /// Until no event is open, or only such as wait at a disabled endpoint.
  void run();

  static constexpr SteadyTime kStart{std::chrono::hours{1}};
  SteadyTime now() const { return now_; }
  UtcTime wall() const;
  const std::vector<SimulatedEvent>& events() const { return events_; }
  const SimulatedEndpoint& endpoint(std::size_t index) const { return endpoints_[index]; }
  Random& random() { return random_; }

  /// Called when an attempt begins, after it was counted; for invariants of a single test.
  std::function<void(std::size_t event)> on_begin;
  std::function<void(std::size_t event, const SimulatedReply&)> on_end;

 private:
  void dispatch(std::size_t endpoint_index);
  void begin(std::size_t event_index);
  void finish(std::size_t event_index, Breaker::Ticket ticket, const SimulatedReply& reply);
  std::optional<SteadyTime> next_wake() const;
  SteadyTime steady_of(UtcTime wall_time) const;
  void check_ledger() const;
  void require(bool holds, const char* invariant) const;

  std::uint64_t seed_;
  DeliveryPolicy policy_;
  Random random_;
  SteadyTime now_ = kStart;
  Microseconds wall_offset_;
  std::multimap<SteadyTime, std::function<void()>> agenda_;
  std::vector<SimulatedEvent> events_;
  std::vector<SimulatedEndpoint> endpoints_;
  std::int64_t accepted_ = 0;
};

}  // namespace yizhan

// The circuit breaker of one endpoint: how many attempts may be in flight to it. A state machine without a clock; times
// are steady ones, passed in, and must not go back.
//
//                threshold failures in a row                      open time is over
//   ┌─ closed ───────────────────────────────────▶ open ──────────────────────────────▶ half-open (one probe at a time)
//   │    ▲                                           ▲                                     │        │
//   │    │                                           └──── probe fails: open time doubles ─┘        │
//   │    └──────────────────────────────────────────────── probe succeeds: limit 1 ─────────────────┘
//   └── each success doubles the limit up to the cap: an endpoint that comes back with a backlog is not flooded (fault
//   28)
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "domain/attempt.h"
#include "domain/policy.h"

namespace yizhan {

/// Whether an outcome says that the endpoint, not just this event, is in trouble: dns, connect, tls, timeout, http_5xx,
/// 429. Other 4xx, redirects and the like come from an endpoint that works.
bool is_breaker_failure(const AttemptOutcome& outcome);

struct BreakerOptions {
  int in_flight_cap = 64;
  int threshold = 10;  ///< failures in a row that open it; 0: never
  Milliseconds open_time{5000};
  Milliseconds open_time_max{60000};
};
BreakerOptions breaker_options(const DeliveryPolicy& policy);

class Breaker {
 public:
  enum class State { kClosed, kOpen, kHalfOpen };
  /// Names the phase that an attempt began in, so that its late result is not taken for a probe's.
  using Ticket = std::uint32_t;

  explicit Breaker(const BreakerOptions& options);

  /// How many more attempts may begin now; 0 while open or paused. Never counts beyond the cap.
  int may_begin(SteadyTime now) const;
  /// When may_begin() can become positive by the passing of time alone; empty when it is positive already, or when only
  /// the end of an attempt can change it.
  std::optional<SteadyTime> next_chance(SteadyTime now) const;

  /// An attempt begins; each is ended by exactly one succeeded(), failed() or cancelled(). Call only while may_begin()
  /// > 0.
  Ticket begin(SteadyTime now);
  void succeeded(Ticket ticket, SteadyTime now);
  /// With an outcome for which is_breaker_failure() holds. Outcomes that are neither (a 404) go to answered().
  void failed(Ticket ticket, SteadyTime now);
  /// The endpoint answered, though not with success: it works, so this ends a row of failures and counts as a good
  /// probe.
  void answered(Ticket ticket, SteadyTime now) { succeeded(ticket, now); }
  /// The attempt never got as far as the endpoint.
  void cancelled(Ticket ticket, SteadyTime now);

  /// 429, 502, 503, 504: nothing begins for `pause`, then half as many as before, doubling again with successes. Said
  /// by several attempts of one burst it halves once; the longest pause stands.
  void slow_down(SteadyTime now, Microseconds pause);
  /// An operator enabled or replayed: forgets failures, pause and open time; starts again from a limit of 1.
  void reset();

  State state(SteadyTime now) const;
  int in_flight() const { return in_flight_; }
  /// The present limit of attempts in flight, without regard to open or paused.
  int limit() const { return limit_; }
};

}  // namespace yizhan

// The circuit breaker of one endpoint: how many attempts may be in flight to it. A state machine without a clock; times
// are steady ones, passed in, and must not go back.
//
//                  threshold failures in a row                    open time is over
//   ┌─▶ closed ───────────────────────────────▶ open ───────────────────────────────▶ half-open: one probe at a time
//   │                                            ▲                                        │             │
//   │                                            └────── probe fails: open time doubles ──┘             │
//   └───────────────────────────────────────────────────────────────── probe is answered: limit 1 ──────┘
//
// Closed again, each answer doubles the limit up to the cap and each failure halves it, so that an endpoint that comes
// back with a backlog is not flooded (fault 28). The open time is the first one again once the cap is reached.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "domain/attempt.h"
#include "domain/policy.h"

namespace yizhan {

/// What an attempt says about its endpoint, whatever it means for its event.
enum class BreakerVerdict {
  kAnswered,  ///< it works: 2xx, and every answer that blames the request (a 404), redirects, broken responses
  kFailure,   ///< it is in trouble: dns, connect, tls, timeout, http_5xx, 429
  kNeutral,   ///< it was not reached by our own doing: a blocked address, an attempt given back unsent
};
BreakerVerdict breaker_verdict(const AttemptOutcome& outcome);

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
  static constexpr std::size_t kStates = 3;
  /// Names the phase that an attempt began in, so that a late result of an earlier phase is not taken for a probe's.
  using Ticket = std::uint32_t;

  explicit Breaker(const BreakerOptions& options);

  /// From now on these options hold; what is known of the endpoint stays. A limit that stood at the old cap stands at
  /// the new one.
  void adopt(const BreakerOptions& options);

  /// How many more attempts may begin now; 0 while open or paused.
  int may_begin(SteadyTime now) const;
  /// When may_begin() becomes positive by the passing of time alone; empty when it is positive now, or when that takes
  /// the end of an attempt.
  std::optional<SteadyTime> next_chance(SteadyTime now) const;

  /// An attempt begins; call only while may_begin() > 0. Each is ended by exactly one ended() with its ticket.
  Ticket begin(SteadyTime now);
  void ended(Ticket ticket, BreakerVerdict verdict, SteadyTime now);

  /// The endpoint asked for it (429, 502, 503, 504): nothing begins for `pause`; then half as many as before, and one
  /// more after each full round of answers, so that an endpoint with a limit of its own is met near that limit. Asked
  /// again while paused it halves no further, and the longer pause stands: one burst is one request.
  void slow_down(Microseconds pause, SteadyTime now);

  /// An operator says that the endpoint is well: pause and failures are forgotten; begins again from a limit of 1.
  void reset();

  State state(SteadyTime now) const;
  int in_flight() const { return in_flight_; }
  int limit() const { return limit_; }  ///< of attempts in flight while closed and not paused

 private:
  void open(SteadyTime now);
  void close_from_one();
  void raise_limit();

  BreakerOptions options_;
  State state_ = State::kClosed;
  Ticket phase_ = 0;           // counts changes of state_
  int in_flight_ = 0;          // of every phase
  int probes_in_flight_ = 0;   // of this half-open phase
  int failures_in_a_row_ = 0;  // while closed
  int limit_;
  int doubling_until_;        // below this limit an answer doubles it, from here on a round of them adds one
  int answers_of_round_ = 0;  // since the limit last rose by one
  Milliseconds open_time_;    // of the present or next opening
  SteadyTime open_until_{};
  SteadyTime paused_until_{};
};

/// `closed`, `open`, `half_open`: in the API, the metrics and the log.
std::string_view to_string(Breaker::State state);

}  // namespace yizhan

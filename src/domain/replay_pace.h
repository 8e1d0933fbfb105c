// How fast a replay may go: never so fast that live events of the same endpoint wait for it, and only as fast as the
// endpoint bears. Without a clock; time that passed is passed in.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace yizhan {

/// An endpoint, as far as a replay has to respect it.
struct ReplayEndpoint {
  int in_flight_cap = 64;
  bool well = true;     ///< its breaker is closed, nothing holds it back, it is not disabled
  int outstanding = 0;  ///< events that replays have released to it and that have not ended, on every node
  int busy = 0;         ///< events in flight to it or waiting for that here, live ones and others
};

/// How many events may be released to it now. Half of its in-flight cap is a replay's share, so that live events always
/// find room; while live events use up their half, an eighth. None while it is not well: what is outstanding waits for
/// it, and tells when it is well again.
int replay_room(const ReplayEndpoint& endpoint);

/// Events a second of one replay. With a rate of its own it keeps to that; without, it begins at kReplayFirstPace,
/// doubles with each second in which attempts succeed, and halves with each in which they fail.
inline constexpr double kReplayFirstPace = 10;
inline constexpr double kReplayTopPace = 100'000;

class ReplayPace {
 public:
  /// `rate`: events a second; 0: by how attempts go.
  explicit ReplayPace(std::int64_t rate);

  /// Time passed, in which so many attempts of the platform were delivered and failed. While the endpoint is not `well`
  /// the pace falls back to the first.
  void advance(Microseconds elapsed, std::int64_t delivered, std::int64_t failed, bool well);

  /// Events that may be released now.
  int allowed() const;
  /// They were; at most as many as allowed().
  void take(int events);

  double per_second() const { return per_second_; }

 private:
  bool fixed_;
  double per_second_;
  double allowance_ = 1;
};

/// How long `events` will take; empty where nothing can be said. `in_flight_cap`: of the endpoint, half of which is
/// used. `delivered` of `attempts` recent ones succeeded, taking `mean` each.
std::optional<Seconds> replay_estimate(std::int64_t events, std::int64_t rate, int in_flight_cap, std::int64_t attempts,
                                       std::int64_t delivered, Milliseconds mean);

}  // namespace yizhan

// How often something may happen in a second (attempts to one endpoint, callbacks of one source): a token bucket
// without a clock; times are steady ones, passed in.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace yizhan {

class RateLimit {
 public:
  /// 0 or less: no limit. The bucket starts full and holds a tenth of a second's worth, at least one token, so that no
  /// second sees more than 1.1 times the rate (plus one). `burst` tokens more than that fit into it.
  explicit RateLimit(double rate_per_second, double burst = 0);

  /// Tokens there are now, at most `wanted`.
  int available(SteadyTime now, int wanted) const;
  /// Takes tokens that available() reported for this `now`.
  void take(SteadyTime now, int tokens);
  /// When there will be a token; empty when there is one now.
  std::optional<SteadyTime> next_token(SteadyTime now) const;

 private:
  // Kept as the moment at which the bucket is full again (the "virtual scheduling" form of a token bucket): whole
  // nanoseconds, nothing to refill, no rounding that adds up.
  std::chrono::nanoseconds interval_{0};  // of one token; 0: no limit
  int capacity_ = 0;
  SteadyTime full_at_{};
};

}  // namespace yizhan

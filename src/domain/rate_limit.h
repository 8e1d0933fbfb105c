// Attempts a second to one endpoint: a token bucket without a clock; times are steady ones, passed in.
#pragma once

#include <optional>

#include "base/clock.h"

namespace yizhan {

class RateLimit {
 public:
  /// `rate_per_second` 0: no limit. The bucket starts full and holds one second's worth, at least one token.
  explicit RateLimit(double rate_per_second);

  /// Tokens there are now, at most `wanted`. A time before the last one seen counts as that one.
  int available(SteadyTime now, int wanted);
  /// Takes `tokens` that available() reported.
  void take(int tokens);
  /// When the next token will be there; empty when one is there now.
  std::optional<SteadyTime> next_token(SteadyTime now);
};

}  // namespace yizhan

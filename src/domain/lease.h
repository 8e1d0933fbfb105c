// The right to deliver an event and to record what came of it. Whoever claims an event gets a token of its own; a
// result is recorded only where that token still stands. A lease that ends makes the event claimable again; nothing has
// to be repaired.
#pragma once

#include <string>

#include "base/clock.h"

namespace yizhan {

/// How long a claim holds beyond the attempt's own deadline: time for queueing before and recording after.
inline constexpr Seconds kLeaseMargin{30};

inline Milliseconds lease_duration(Milliseconds attempt_timeout) {
  return attempt_timeout + kLeaseMargin;
}

}  // namespace yizhan

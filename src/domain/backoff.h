// How long an event waits after a failed attempt.
#pragma once

#include "base/clock.h"
#include "domain/policy.h"

namespace yizhan {

/// The wait before retry number `retry_number` (1: the retry after the first attempt). Retry n uses the schedule's n-th
/// delay, so "5 retries" with five delays uses every one of them; beyond its end the last delay repeats. An empty
/// schedule is no wait. `random_unit` in [0, 1) spreads the delay evenly over a factor of [1 − jitter, 1 + jitter];
/// with jitter 0 it is exactly the schedule's. A jitter outside [0, 1] is taken as the nearer bound.
Microseconds retry_delay(const DeliveryPolicy& policy, int retry_number, double random_unit);

}  // namespace yizhan

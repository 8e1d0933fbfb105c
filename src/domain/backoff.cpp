#include "domain/backoff.h"

#include <algorithm>
#include <cmath>

namespace yizhan {

Microseconds retry_delay(const DeliveryPolicy& policy, int retry_number, double random_unit) {
  if (policy.retry_schedule.empty()) return Microseconds::zero();
  const auto last = static_cast<std::ptrdiff_t>(policy.retry_schedule.size());
  const std::ptrdiff_t step = std::clamp<std::ptrdiff_t>(retry_number, 1, last) - 1;
  const Microseconds delay = policy.retry_schedule[static_cast<std::size_t>(step)];

  const double jitter = std::clamp(policy.jitter, 0.0, 1.0);
  if (jitter == 0.0) return delay;  // exactly the schedule, not the schedule after a trip through floating point
  const double spread = jitter * (2.0 * random_unit - 1.0);
  return delay + Microseconds{std::llround(static_cast<double>(delay.count()) * spread)};
}

}  // namespace yizhan

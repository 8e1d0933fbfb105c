#include "domain/expiry.h"

#include <algorithm>

namespace yizhan {

Expiry judge_expiry(UtcTime not_after, std::chrono::days notice, UtcTime now) {
  const Microseconds left = not_after - now;
  return {.near = left <= notice,
          .over = left <= Microseconds{0},
          .days_left = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::days>(left).count())};
}

}  // namespace yizhan

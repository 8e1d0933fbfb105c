// When a certificate's end is near. What the alert rules raise and what `yizhan doctor` reports is decided here.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace yizhan {

struct Expiry {
  bool near = false;           ///< it ends within the notice, or has ended
  bool over = false;           ///< it has ended
  std::int64_t days_left = 0;  ///< whole days until then; of one that has ended, 0
};

Expiry judge_expiry(UtcTime not_after, std::chrono::days notice, UtcTime now);

}  // namespace yizhan

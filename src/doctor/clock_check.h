// Check `clock`: signatures carry times. What the kernel knows of its clock, and, when asked to, what the platforms'
// clocks say.
#pragma once

#include <string>
#include <vector>

#include "doctor/examination.h"

namespace yizhan::doctor {

inline constexpr Seconds kClockDiffers{30};
inline constexpr Seconds kClockWrong{300};  ///< what signed callbacks tolerate

/// What a platform's answer said in its Date header.
struct PlatformClock {
  std::string platform;
  UtcTime says{};
  UtcTime here{};  ///< when it was answered
};
struct ClockFacts {
  bool synchronised = true;  ///< adjtimex(2): STA_UNSYNC is not set
  std::vector<PlatformClock> platforms;
};
std::vector<Finding> judge_clock(const ClockFacts& facts);

void check_clock(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor

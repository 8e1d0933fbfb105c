// Check `platforms`: which endpoints do not take what they are sent, and why.
#pragma once

#include <optional>
#include <vector>

#include "doctor/examination.h"
#include "store/observations.h"

namespace yizhan::doctor {

/// Failures older than this are history.
inline constexpr Seconds kFailuresLookedAt{6 * 3600};

struct PlatformFacts {
  /// Those whose newest example has not been delivered since.
  std::vector<store::FailureCause> failures;
  std::vector<store::DisabledEndpoint> disabled;
  std::vector<EndpointSeen> endpoints;
};
std::vector<Finding> judge_platforms(const PlatformFacts& facts, UtcTime now);

void check_platforms(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor

// Findings in tests.
#pragma once

#include <string>
#include <vector>

#include "doctor/finding.h"

namespace yizhan::doctor {

inline std::vector<std::string> codes_of(const std::vector<Finding>& findings) {
  std::vector<std::string> codes;
  for (const Finding& finding : findings) codes.emplace_back(finding.code);
  return codes;
}

}  // namespace yizhan::doctor

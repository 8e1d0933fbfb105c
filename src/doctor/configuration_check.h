// Check `configuration`: what a start would refuse, and what it would only warn of.
#pragma once

#include <vector>

#include "doctor/examination.h"

namespace yizhan::doctor {

/// `refused`: what app/check.h finds, and the listeners without credentials.
std::vector<Finding> judge_configuration(const Installation& installation, const std::vector<Error>& refused);

void check_configuration(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor

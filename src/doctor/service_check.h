// Check `service`: does it run, does it have its ports, is it the one that serves this store?
#pragma once

#include <vector>

#include "doctor/examination.h"

namespace yizhan::doctor {

std::vector<Finding> judge_service(const ServiceState& service);

void check_service(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor

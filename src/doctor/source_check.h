// Check `sources`: whose callbacks are refused, and why, and who has fallen silent.
#pragma once

#include <vector>

#include "doctor/examination.h"
#include "store/observations.h"

namespace yizhan::doctor {

/// So many in a row are no stranger's single try.
inline constexpr std::int64_t kRejectedInRow = 3;

std::vector<Finding> judge_sources(const std::vector<store::SourceActivity>& activities, const config::Config& config,
                                   UtcTime now);

void check_sources(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor

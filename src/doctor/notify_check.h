// Check `notify`: what keeps people from being told of their parcels.
#pragma once

#include <vector>

#include "doctor/examination.h"
#include "store/notify_observations.h"

namespace yizhan::doctor {

/// What is older is history.
inline constexpr std::chrono::days kNotifyLookedAt{7};
/// A row of the queue that nobody has looked at for longer: nobody does.
inline constexpr Seconds kQueueStands{300};

std::vector<Finding> judge_queue(const store::NotifyQueueState& queue, UtcTime now);
std::vector<Finding> judge_notifications(const store::NotificationGaps& notifications);

void check_notify(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor

// Rows of `replay_jobs`, for the files that read them.
#pragma once

#include <string_view>

#include "store/query.h"
#include "store/replay_jobs.h"

namespace yizhan::store {

/// In the order of read_replay().
inline constexpr std::string_view kReplayColumns =
    "id, state, platform, selection, actor, reason, rate, new_target, matching, position, exhausted, released, "
    "left_alone, delivered, dead, ended, pace, last_error, created_at, updated_at, finished_at, previous_secret";

ReplayJob read_replay(const SqlRow& row);

}  // namespace yizhan::store

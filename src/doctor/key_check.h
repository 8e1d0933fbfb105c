// Check `keys`: the key that PostgREST is asked with, and the secret that phones' tokens are signed with. Pure.
#pragma once

#include <vector>

#include "doctor/examination.h"

namespace yizhan::doctor {

/// A key that expires within this is to be renewed.
inline constexpr std::chrono::days kKeyNotice{30};
/// A key of an HMAC with SHA-256 must not be shorter than its digest (RFC 7518, section 3.2).
inline constexpr std::size_t kShortestJwtSecret = 32;

/// `notify.supa_key`, against `push.jwt_secret` where that is known.
std::vector<Finding> judge_keys(const config::Config& config, UtcTime now);

void check_keys(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor

// The time that a sender signed: how far it may be from ours.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace yizhan::verify {

/// `text`: Unix seconds, digits only. `header`: where it stands, for messages. Codes
/// `timestamp_missing`, `timestamp_malformed`, `timestamp_out_of_tolerance`.
Result<void> check_timestamp(std::string_view header, std::string_view text, UtcTime now, Seconds tolerance);

}  // namespace yizhan::verify

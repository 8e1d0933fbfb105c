// Times as Chinese payment platforms and carriers write them: local time of UTC+8, without saying so. China has kept
// one offset the whole year since 1992, so the offset is all there is to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace yizhan::receive {

/// `20141030133525`: WeChat Pay v2's time_end. Empty for anything else and for a date that does not exist.
std::optional<UtcTime> parse_compact_beijing_time(std::string_view text);

/// `2014-10-30 13:35:25`, with or without fraction. A text that names its own offset, as RFC 3339 has it, is read by
/// that. Empty as above.
std::optional<UtcTime> parse_beijing_time(std::string_view text);

/// `2014-10-30 13:35:25`.
std::string to_beijing_text(UtcTime time);

}  // namespace yizhan::receive

// The Retry-After header (RFC 9110 section 10.2.3): seconds, or an HTTP date in any of the three forms that
// section 5.6.7 makes recipients accept.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace yizhan {

/// How long the other side asks to be left alone, from `now`: more than 0, at most `cap`. Empty when the value is
/// nonsense, zero, negative, or a date that is not in the future: such a header is treated as absent (fault 24).
std::optional<Microseconds> parse_retry_after(std::string_view value, UtcTime now, Seconds cap);

/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` (a year that would lie more than 50 years after
/// `now` is in the century before) or `Sun Nov  6 08:49:37 1994`. The day's name must be one, but is not held against
/// the date.
std::optional<UtcTime> parse_http_date(std::string_view text, UtcTime now);

}  // namespace yizhan

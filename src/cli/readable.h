// Spans and moments as people write them; base/readable.h has how they are read.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/readable.h"

namespace yizhan::cli {

/// `45s`, `15m`, `2h`, `7d`, also together: `1h30m`. Code `usage_invalid`.
Result<Microseconds> parse_span(std::string_view text);

/// Which way a bare span counts: `2h` is two hours ago for a range, two hours from now for an appointment.
enum class Direction { kPast, kFuture };
/// A date (`2026-02-06`), a time (RFC 3339, or with a space, UTC where no zone is given), `now`, or a span. Code
/// `usage_invalid`.
Result<UtcTime> parse_moment(std::string_view text, UtcTime now, Direction direction);

/// What --since and --until say; each may be empty. Code `usage_invalid`, also when nothing lies between them.
struct TimeRange {
  std::optional<UtcTime> from;
  std::optional<UtcTime> until;
};
Result<TimeRange> parse_range(std::string_view since, std::string_view until, UtcTime now);

}  // namespace yizhan::cli

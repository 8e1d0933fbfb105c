// Numbers, spans and moments as people read and write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace yizhan::cli {

/// `1,204,331`
std::string readable_count(std::int64_t count);
/// `1 event`, `1,204 events`
std::string counted(std::int64_t count, std::string_view singular, std::string_view plural);
/// `600 B`, `1.2 KiB`, `3.0 MiB`
std::string readable_bytes(std::size_t bytes);
/// The two largest units at most: `<1 ms`, `12 ms`, `3.4 s`, `2 min 5 s`, `5 h 12 min`, `3 d 4 h`. Negative spans as
/// their amount.
std::string readable_span(Microseconds span);
/// One unit, for tables: `now`, `3 s`, `12 min`, `5 h`, `3 d`.
std::string short_span(Microseconds span);
/// `3 s ago`, `in 12 min`, `now`.
std::string relative_time(UtcTime time, UtcTime now);

/// `2026-02-06 08:30:00`: UTC, as the tables say in their titles.
std::string readable_time(UtcTime time);
/// `08:30:00.123`
std::string readable_clock(UtcTime time);

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

// Time. Wall-clock times are UTC with microseconds and are passed in as arguments wherever a decision depends on them;
// only the wiring asks the machine what time it is. Durations that must not jump with the wall clock (leases,
// deadlines) use std::chrono::steady_clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace yizhan {

using Microseconds = std::chrono::microseconds;
using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
using UtcTime = std::chrono::sys_time<Microseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// The machine's wall clock, now.
UtcTime utc_now();

inline SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}

/// `2026-02-06 08:30:00.000123`: the form of every time in the SQLite store. Sorts as text; fits years 0000 to 9999.
std::string to_store_text(UtcTime time);
/// The same, written to 26 bytes at `out`; no terminator.
void write_store_text(UtcTime time, char* out);
inline constexpr std::size_t kStoreTextLength = 26;

/// `2026-02-06T08:30:00.000123Z` (RFC 3339): the form of every time in the API and the log.
std::string to_rfc3339(UtcTime time);
/// The same, written to 27 bytes at `out`; no terminator.
void write_rfc3339(UtcTime time, char* out);
inline constexpr std::size_t kRfc3339Length = 27;

/// Reads RFC 3339 and the store's form, with or without fraction (up to 9 digits), `T` or a space between, `Z`,
/// `±hh:mm` or nothing (UTC) at the end. Empty when the text is anything else or the date does not exist.
std::optional<UtcTime> parse_time(std::string_view text);

inline std::int64_t to_unix_seconds(UtcTime time) {
  return std::chrono::floor<Seconds>(time).time_since_epoch().count();
}
inline std::int64_t to_unix_days(UtcTime time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}
inline std::int64_t to_unix_micros(UtcTime time) {
  return time.time_since_epoch().count();
}
inline UtcTime from_unix_micros(std::int64_t micros) {
  return UtcTime{Microseconds{micros}};
}

}  // namespace yizhan

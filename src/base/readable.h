// Numbers, spans and moments as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace yizhan {

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

}  // namespace yizhan

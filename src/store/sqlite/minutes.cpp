#include "store/sqlite/minutes.h"

#include <fmt/format.h>

#include <algorithm>

namespace yizhan::store::sqlite {
namespace {

/// The largest number is written as the last of its stretch of this many: an update of the row every so many rows.
constexpr std::int64_t kAhead = 4096;

}  // namespace

Result<Minutes> Minutes::open(Connection& connection, std::string_view table, std::string_view number) {
  Minutes minutes;
  minutes.connection_ = &connection;
  auto prepared = connection.prepare(
      fmt::format("INSERT INTO {0} (minute, first_{1}, last_{1}) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET "
                  "first_{1} = min(first_{1}, excluded.first_{1}), last_{1} = max(last_{1}, excluded.last_{1})",
                  table, number));
  if (!prepared) return std::unexpected(prepared.error());
  minutes.write_ = std::move(*prepared);
  return minutes;
}

void Minutes::note(UtcTime time, std::int64_t number) {
  const std::int64_t minute = to_unix_micros(UtcTime(std::chrono::floor<std::chrono::minutes>(time)));
  for (Minute& known : noted_) {
    if (known.minute != minute) continue;
    known.first = std::min(known.first, number);
    known.last = std::max(known.last, number);
    return;
  }
  noted_.push_back({minute, number, number});
}

Result<void> Minutes::write() {
  for (const Minute& noted : noted_) {
    if (written_ && written_->minute == noted.minute && written_->first <= noted.first &&
        noted.last <= written_->last) {
      continue;
    }
    const std::int64_t last = noted.last - noted.last % kAhead + (kAhead - 1);
    write_.bind(1, noted.minute);
    write_.bind(2, noted.first);
    write_.bind(3, last);
    if (const int code = write_.run(); code != SQLITE_DONE) {
      return std::unexpected(connection_->error(code, "note the minute of what was stored"));
    }
    written_ = {.minute = noted.minute, .first = noted.first, .last = last};
  }
  noted_.clear();
  return {};
}

}  // namespace yizhan::store::sqlite

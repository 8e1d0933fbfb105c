#include "store/sqlite/minutes.h"

#include <fmt/format.h>

#include <algorithm>

namespace yizhan::store::sqlite {

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
    write_.bind(1, noted.minute);
    write_.bind(2, noted.first);
    write_.bind(3, noted.last);
    if (const int code = write_.run(); code != SQLITE_DONE) {
      return std::unexpected(connection_->error(code, "note the minute of what was stored"));
    }
  }
  noted_.clear();
  return {};
}

}  // namespace yizhan::store::sqlite

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "store/retention.h"
#include "store/session.h"

namespace yizhan::store {
namespace {

/// Shorter than this, growth is what happens to be written at the moment.
constexpr Seconds kJudgedOver{3600};

struct Measured {
  std::int64_t used = 0;
  std::string file;  ///< of the embedded store
};

Result<Measured> measure(Store& store) {
  Measured measured;
  const auto done = store.look([&](Session& session) -> Result<void> {
    session.send(
        "{sqlite|SELECT (p.page_count - f.freelist_count) * s.page_size, l.file FROM pragma_page_count AS p, "
        "pragma_freelist_count AS f, pragma_page_size AS s, pragma_database_list AS l WHERE l.seq = 0}"
        "{postgres|SELECT pg_database_size(current_database()), ''}",
        {}, [&](const SqlRow& row) { measured = {.used = row.integer(0), .file = text_of(row, 1)}; });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  if (measured.file.empty()) return measured;
  std::error_code absent;  // the log is not there while nobody writes
  const auto log = std::filesystem::file_size(measured.file + "-wal", absent);
  if (!absent) measured.used += static_cast<std::int64_t>(log);
  return measured;
}

}  // namespace

Result<StoreSpace> store_space(Store& store, std::int64_t quota, UtcTime now) {
  const auto measured = measure(store);
  if (!measured) return std::unexpected(measured.error());
  const auto state = retention_state(store);
  if (!state) return std::unexpected(state.error());
  StoreSpace space{.used_bytes = measured->used, .quota_bytes = quota};
  struct statvfs disk{};
  if (!measured->file.empty() && ::statvfs(measured->file.c_str(), &disk) == 0) {
    std::error_code failure;
    const auto file = std::filesystem::file_size(measured->file, failure);
    // Pages that are free within the file are used again before it grows.
    const auto reusable = failure ? 0 : static_cast<std::int64_t>(file) - measured->used;
    space.free_bytes = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize) + (reusable > 0 ? reusable : 0);
    if (quota == 0) space.quota_bytes = space.used_bytes + *space.free_bytes;
  }
  const bool sampled = state->sampled_at && now - *state->sampled_at >= kJudgedOver;
  const std::int64_t grown = space.used_bytes - state->sampled_bytes;
  if (sampled && grown > 0 && space.quota_bytes > 0) {
    const double days = std::chrono::duration<double, std::ratio<86400>>(now - *state->sampled_at).count();
    const auto left = static_cast<double>(std::max<std::int64_t>(0, space.quota_bytes - space.used_bytes));
    space.days_left = left / (static_cast<double>(grown) / days);
  }
  return space;
}

}  // namespace yizhan::store

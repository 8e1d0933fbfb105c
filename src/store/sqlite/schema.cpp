#include "store/sqlite/schema.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <span>
#include <system_error>

#include "base/fail_point.h"
#include "store/migrations/sqlite_0001_outbox.h"
#include "store/migrations/sqlite_0002_inbound.h"
#include "store/migrations/sqlite_0003_express_push.h"
#include "store/migrations/sqlite_0004_replay_audit.h"
#include "store/migrations/sqlite_0005_retention.h"
#include "store/migrations/sqlite_0006_alerts.h"
#include "store/migrations/sqlite_0007_signing_secret.h"
#include "store/migrations/sqlite_0008_callback_blocks.h"
#include "store/sqlite/sqlite_error.h"

namespace yizhan::store::sqlite {
namespace {

/// Says in the file's header whose it is ("Yzhn"), for `file` and for people.
constexpr std::int64_t kApplicationId = 0x597a686e;

using Migration = std::string (*)();

/// Versions are the same on both engines, and this one changes only the other's schema.
std::string nothing_here() {
  return {};
}

constexpr std::array<Migration, 9> kMigrations{migrations::sqlite_0001_outbox,
                                               migrations::sqlite_0002_inbound,
                                               migrations::sqlite_0003_express_push,
                                               migrations::sqlite_0004_replay_audit,
                                               migrations::sqlite_0005_retention,
                                               migrations::sqlite_0006_alerts,
                                               migrations::sqlite_0007_signing_secret,
                                               migrations::sqlite_0008_callback_blocks,
                                               nothing_here};  // 9: postgres_0009_summaries

Result<void> check_whole(Connection& connection, const std::string& path) {
  auto check = connection.prepare("PRAGMA quick_check(1)");
  if (!check) return std::unexpected(check.error());
  const int code = check->step();
  if (code != SQLITE_ROW) return std::unexpected(connection.error(code, "check the database"));
  if (check->bytes(0) != "ok") return std::unexpected(corrupt_file(path, check->bytes(0)));
  return {};
}

/// Reads the ends of one tree, which are in every file from this version of the schema on.
struct EndRead {
  int version;
  std::string_view text;
};
constexpr std::array kEndReads{
    EndRead{0, "SELECT count(*) FROM sqlite_schema"},
    EndRead{1, "SELECT length(payload) FROM outbox_events ORDER BY sequence DESC LIMIT 1"},
    EndRead{1, "SELECT length(payload) FROM outbox_events ORDER BY sequence LIMIT 1"},
    EndRead{1, "SELECT length(id) FROM outbox_events ORDER BY id DESC LIMIT 1"},
    EndRead{1, "SELECT updated_at FROM outbox_schedule ORDER BY sequence DESC LIMIT 1"},
    EndRead{1,
            "SELECT count(*) FROM (SELECT endpoint_key FROM outbox_schedule INDEXED BY outbox_due "
            "WHERE lease_token IS NULL AND held = 0 ORDER BY endpoint_key LIMIT 1000)"},
    EndRead{1, "SELECT updated_at FROM outbox_delivered ORDER BY sequence DESC LIMIT 1"},
    EndRead{1, "SELECT created_at FROM outbox_attempts ORDER BY sequence DESC, attempt_no DESC LIMIT 1"},
    EndRead{2, "SELECT length(body) FROM inbound_callbacks ORDER BY id DESC LIMIT 1"},
    EndRead{2, "SELECT length(body) FROM inbound_callbacks ORDER BY id LIMIT 1"},
    EndRead{2, "SELECT length(value) FROM callback_keys ORDER BY callback_id DESC LIMIT 1"},
    EndRead{2, "SELECT callback_id FROM callback_lookup ORDER BY day DESC, hash DESC LIMIT 1"},
    EndRead{2, "SELECT length(out_trade_no) FROM pay_orders ORDER BY rowid DESC LIMIT 1"},
    EndRead{3, "SELECT length(tracking_no) FROM platform_express_waybills ORDER BY rowid DESC LIMIT 1"},
    EndRead{3, "SELECT length(event_key) FROM platform_express_tracking_events ORDER BY rowid DESC LIMIT 1"},
    EndRead{3,
            "SELECT count(*) FROM (SELECT id FROM notify_queue INDEXED BY notify_queue_due "
            "WHERE process_status IS NULL ORDER BY next_attempt_at LIMIT 1000)"},
    EndRead{3, "SELECT length(recipient_id) FROM express_notifications ORDER BY rowid DESC LIMIT 1"},
    EndRead{3,
            "SELECT count(*) FROM (SELECT id FROM express_notifications INDEXED BY express_notifications_due "
            "WHERE next_attempt_at IS NOT NULL ORDER BY next_attempt_at LIMIT 1000)"},
    EndRead{3, "SELECT length(cid) FROM push_devices ORDER BY rowid DESC LIMIT 1"},
    EndRead{3, "SELECT length(event_id) FROM push_deliveries ORDER BY notification_id DESC LIMIT 1"},
    EndRead{4, "SELECT length(detail) FROM audit_trail ORDER BY id DESC LIMIT 1"},
    EndRead{4, "SELECT length(event_id) FROM audit_events ORDER BY event_id DESC LIMIT 1"},
    EndRead{4, "SELECT length(selection) FROM replay_jobs ORDER BY id DESC LIMIT 1"},
    EndRead{4, "SELECT sequence FROM replay_job_events ORDER BY job_id DESC, sequence DESC LIMIT 1"},
    EndRead{5, "SELECT delivered FROM ledger_rollup ORDER BY minute DESC LIMIT 1"},
    EndRead{6, "SELECT length(facts) FROM alerts ORDER BY rowid DESC LIMIT 1"},
    EndRead{8, "SELECT block FROM callback_blocks ORDER BY name DESC, value DESC, block DESC LIMIT 1"},
    EndRead{8, "SELECT block FROM callback_blocks ORDER BY block DESC LIMIT 1"},
};

Result<void> check_ends(Connection& connection) {
  const auto version = schema_version(connection);
  if (!version) return std::unexpected(version.error());
  for (const EndRead& read : kEndReads) {
    if (read.version > *version) continue;
    if (const auto done = connection.integer(read.text); !done) return std::unexpected(done.error());
  }
  return {};
}

}  // namespace

int newest_schema_version() {
  return static_cast<int>(kMigrations.size());
}

Result<void> make_file(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  if (!directory.empty() && !std::filesystem::exists(directory)) {
    std::error_code failure;
    std::filesystem::create_directories(directory, failure);
    if (failure) {
      return fail("store_unavailable",
                  fmt::format("could not make the directory {}: {}", directory.string(), failure.message()));
    }
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failure);
  }
  // Made here rather than by SQLite, for its mode; SQLite gives the files beside it the same one.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return fail("store_unavailable", fmt::format("could not open the database {}: {}", path, std::strerror(errno)));
  }
  ::close(descriptor);
  return {};
}

Result<int> schema_version(Connection& connection) {
  const auto made = connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'yizhan_migrations'");
  if (!made) return std::unexpected(made.error());
  if (*made == 0) return 0;
  const auto version = connection.integer("SELECT coalesce(max(version), 0) FROM yizhan_migrations");
  if (!version) return std::unexpected(version.error());
  return static_cast<int>(*version);
}

Result<int> migrate(Connection& connection, UtcTime now) {
  int ran = 0;
  for (;;) {
    if (auto done = connection.execute("BEGIN IMMEDIATE"); !done) return std::unexpected(done.error());
    const auto undo = [&](Error error) -> Result<int> {
      // The transaction is gone already where the failure ended it.
      if (connection.in_transaction()) (void)connection.execute("ROLLBACK");
      return std::unexpected(std::move(error));
    };
    const auto version = schema_version(connection);
    if (!version) return undo(version.error());
    if (*version > newest_schema_version()) {
      return undo(
          {"store_newer",
           fmt::format("the database has schema version {}, this program knows {}: use the version of yizhan that "
                       "wrote it, or a later one",
                       *version, newest_schema_version())});
    }
    if (*version == newest_schema_version()) {
      if (auto done = connection.execute("ROLLBACK"); !done) return std::unexpected(done.error());
      return ran;
    }
    const std::string text = kMigrations[static_cast<std::size_t>(*version)]() +
                             fmt::format(
                                 "CREATE TABLE IF NOT EXISTS yizhan_migrations (version INTEGER PRIMARY KEY, "
                                 "applied_at TEXT NOT NULL) STRICT;"
                                 "INSERT INTO yizhan_migrations (version, applied_at) VALUES ({}, '{}');"
                                 "PRAGMA application_id = {};",
                                 *version + 1, to_store_text(now), kApplicationId);
    if (auto done = connection.execute(text); !done) return undo(done.error());
    fail_point("migrate.before_commit");
    if (auto done = connection.execute("COMMIT"); !done) return undo(done.error());
    ++ran;
  }
}

Result<void> check_file(Connection& connection, const std::string& path, std::uintmax_t whole_up_to) {
  std::error_code failure;
  const std::uintmax_t size = std::filesystem::file_size(path, failure);
  if (failure) return fail("store_unavailable", fmt::format("could not read {}: {}", path, failure.message()));
  const auto owner = connection.integer("PRAGMA application_id");
  if (!owner) return std::unexpected(owner.error());
  const auto objects = connection.integer("SELECT count(*) FROM sqlite_schema");
  if (!objects) return std::unexpected(objects.error());
  if (*objects > 0 && *owner != kApplicationId) {
    return fail("store_corrupt", fmt::format("{} is a database of another program; choose another path", path));
  }
  if (*objects == 0) return {};
  return size <= whole_up_to ? check_whole(connection, path) : check_ends(connection);
}

}  // namespace yizhan::store::sqlite

#include "store/sqlite/connection.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "store/sqlite/log_writes.h"
#include "store/sqlite/sqlite_error.h"

namespace yizhan::store::sqlite {
namespace {

/// How long a connection waits for another's write lock before it gives up.
constexpr Milliseconds kWriterPatience{3000};
constexpr Milliseconds kToolPatience{10000};

/// Pages kept in memory, in KiB. The writer's holds the hot ends of all trees; the others read a few pages at a time.
constexpr int kWriterCacheKib = 48 * 1024;
constexpr int kReaderCacheKib = 4 * 1024;

/// Under load the service leaves the lock for some ten microseconds between two commits. SQLite's own handler waits
/// longer and longer (to 100 ms) and would hardly ever meet such a gap: this one looks often.
int wait_for_lock(void* patience, int tries) {
  constexpr Microseconds kPause{500};
  const auto limit = *static_cast<const Milliseconds*>(patience) / kPause;
  if (tries >= limit) return 0;
  std::this_thread::sleep_for(kPause);
  return 1;
}

void now_function(sqlite3_context* context, int, sqlite3_value**) {
  const auto* now = static_cast<const UtcTime*>(sqlite3_user_data(context));
  char text[kStoreTextLength];
  write_store_text(*now, text);
  sqlite3_result_text(context, text, kStoreTextLength, SQLITE_TRANSIENT);
}

const Milliseconds& patience_of(ConnectionRole role) {
  return role == ConnectionRole::kTool ? kToolPatience : kWriterPatience;
}

std::string settings_of(ConnectionRole role) {
  std::string settings = fmt::format(
      "PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST;"
      // Checkpoints are the writer's alone, and it asks for them itself (SQLite before 3.51.3 can damage a file when
      // two connections reset its write-ahead log at the same moment).
      "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = {}; PRAGMA cache_size = {};",
      kLogBytesKept, role == ConnectionRole::kWriter ? -kWriterCacheKib : -kReaderCacheKib);
  // The writer sorts nothing large. What readers sort may be a whole history: on disk, not in the service's memory.
  settings += role == ConnectionRole::kWriter ? "PRAGMA temp_store = MEMORY;" : "PRAGMA temp_store = FILE;";
  if (role == ConnectionRole::kReader) settings += "PRAGMA query_only = ON;";
  return settings;
}

}  // namespace

int Statement::run() {
  int code = step();
  while (code == SQLITE_ROW) code = step();
  reset();
  return code;
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(get(), column);  // of a text value: its bytes
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(get(), column))};
}

Result<Connection> Connection::open(const std::string& path, ConnectionRole role) {
  // Before the library's first use: it need not count, under a lock, every piece of memory it takes.
  static const int kConfigured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(kConfigured);
  Connection connection;
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      role == ConnectionRole::kWriter ? gathering_vfs() : nullptr);
  connection.database_.reset(opened);
  if (code != SQLITE_OK) return std::unexpected(connection.error(code, fmt::format("open the database {}", path)));

  // `public.cs_platform_event_outbox` is what the runbooks of a PostgreSQL say; `main` goes on working beside it.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_MAINDBNAME, "public");
  sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_busy_handler(opened, wait_for_lock, const_cast<Milliseconds*>(&patience_of(role)));
  sqlite3_create_function_v2(opened, "now", 0, SQLITE_UTF8, connection.now_.get(), now_function, nullptr, nullptr,
                             nullptr);
  if (auto done = connection.execute(settings_of(role)); !done) return std::unexpected(done.error());
  return connection;
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code, "prepare a statement"));
  return Statement(statement);
}

Result<void> Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code, "run a statement"));
  return {};
}

Result<std::int64_t> Connection::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const int code = statement->step();
  if (code == SQLITE_DONE) return 0;
  if (code != SQLITE_ROW) return std::unexpected(error(code, "read the database"));
  return statement->integer(0);
}

Error Connection::error_of_this(int code, std::string_view doing) const {
  return error_of(get(), code, doing);
}

}  // namespace yizhan::store::sqlite

#include "store/sqlite/sqlite_error.h"

#include <fmt/format.h>

#include <array>
#include <string>

namespace yizhan::store::sqlite {
namespace {

/// Codes that a trigger may put in front of its message.
constexpr std::array<std::string_view, 2> kTriggerCodes{"value_refused", "idempotency_conflict"};

}  // namespace

bool is_io_error(int code) {
  return (code & 0xff) == SQLITE_IOERR;
}

Error error_of(sqlite3* database, int code, std::string_view doing) {
  const std::string reason = database != nullptr && sqlite3_extended_errcode(database) == code
                                 ? sqlite3_errmsg(database)
                                 : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {
          "store_unavailable",
          fmt::format("could not {}: another connection holds the database ({}); try again, and end any SQL shell that "
                      "has a transaction open",
                      doing, reason)};
    case SQLITE_FULL:
      return {"store_unavailable",
              fmt::format("could not {}: the disk is full; make room, nothing else is needed", doing)};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
      return {"store_unavailable",
              fmt::format("could not {}: {} (SQLite code {}); check the disk and the file's permissions", doing, reason,
                          code)};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: {
      const char* path = database != nullptr ? sqlite3_db_filename(database, nullptr) : nullptr;
      return corrupt_file(path != nullptr ? path : "", reason);
    }
    case SQLITE_CONSTRAINT:
      for (const std::string_view trigger_code : kTriggerCodes) {
        if (reason.starts_with(trigger_code) && reason.size() > trigger_code.size() + 2) {
          return {trigger_code, reason.substr(trigger_code.size() + 2)};
        }
      }
      return {"value_refused", fmt::format("could not {}: {}", doing, reason)};
    default:
      return {"sql_error", fmt::format("could not {}: {}", doing, reason)};
  }
}

Error corrupt_file(std::string_view path, std::string_view finding) {
  return {"store_corrupt",
          fmt::format("the database {0} is damaged: {1}. Stop the service and keep a copy of {0}, {0}-wal and {0}-shm. "
                      "Then put the last backup in their place, or save what can be read with: sqlite3 {0} .recover | "
                      "sqlite3 recovered.db",
                      path, finding)};
}

}  // namespace yizhan::store::sqlite

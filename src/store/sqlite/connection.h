// One SQLite connection and its statements. A connection belongs to one thread.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace yizhan::store::sqlite {

/// A prepared statement. Texts and blobs that are bound must live until the statement is reset.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  void bind(int index, std::int64_t value) { sqlite3_bind_int64(get(), index, value); }
  void bind(int index, UtcTime time) { bind(index, to_unix_micros(time)); }
  void bind(int index, std::string_view text) {
    sqlite3_bind_text(get(), index, not_null(text), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  void bind_blob(int index, std::string_view bytes) {
    sqlite3_bind_blob(get(), index, not_null(bytes), static_cast<int>(bytes.size()), SQLITE_STATIC);
  }
  void bind_null(int index) { sqlite3_bind_null(get(), index); }
  /// NULL where there is nothing.
  void bind_or_null(int index, std::string_view text) { text.empty() ? bind_null(index) : bind(index, text); }

  /// SQLITE_ROW, SQLITE_DONE, or an error.
  int step() { return sqlite3_step(get()); }
  void reset() { sqlite3_reset(get()); }
  /// Steps to the end and resets: SQLITE_DONE or an error. For statements whose rows nobody reads.
  int run();

  bool null(int column) const { return sqlite3_column_type(get(), column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(get(), column); }
  std::string_view bytes(int column) const;
  UtcTime time(int column) const { return from_unix_micros(integer(column)); }

  sqlite3_stmt* get() const { return statement_.get(); }

 private:
  /// SQLite takes a null pointer for NULL, and an empty string_view may hold one.
  static const char* not_null(std::string_view bytes) { return bytes.data() == nullptr ? "" : bytes.data(); }

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Resets on leaving the scope.
class ResetGuard {
 public:
  explicit ResetGuard(Statement& statement) : statement_(statement) {}
  ~ResetGuard() { statement_.reset(); }
  ResetGuard(const ResetGuard&) = delete;
  ResetGuard& operator=(const ResetGuard&) = delete;

 private:
  Statement& statement_;
};

enum class ConnectionRole {
  kWriter,  ///< the one connection that writes for the service, and alone checkpoints
  kReader,  ///< of the service: reads only
  kTool,    ///< of a command beside a running service: reads and edits, never checkpoints
};

/// Bytes of the log's file that stay when all of it was moved into the database.
inline constexpr std::uintmax_t kLogBytesKept = 64ULL << 20;

class Connection {
 public:
  Connection() = default;

  /// Opens an existing file. Adds the functions that the runbook's SQL expects, and the name `public` for the schema.
  static Result<Connection> open(const std::string& path, ConnectionRole role);

  Result<Statement> prepare(std::string_view sql);
  /// Runs statements whose rows nobody reads.
  Result<void> execute(const std::string& sql);
  /// The first column of the first row, as a number; 0 without a row.
  Result<std::int64_t> integer(std::string_view sql);

  Error error(int code, std::string_view doing) const { return error_of_this(code, doing); }
  bool in_transaction() const { return sqlite3_get_autocommit(get()) == 0; }
  std::int64_t changes() const { return sqlite3_changes64(get()); }
  std::int64_t last_insert_sequence() const { return sqlite3_last_insert_rowid(get()); }
  sqlite3* get() const { return database_.get(); }
  bool is_open() const { return database_ != nullptr; }

  /// What NOW() answers is taken once per statement: the caller says when one begins.
  void set_now(UtcTime now) { *now_ = now; }

 private:
  Error error_of_this(int code, std::string_view doing) const;

  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  std::unique_ptr<UtcTime> now_ = std::make_unique<UtcTime>();
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace yizhan::store::sqlite

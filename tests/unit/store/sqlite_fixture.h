// An embedded store in a directory of its own, with a monotonic clock that the test moves.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "harness/temporary_folder.h"
#include "store/sqlite/sqlite_factory.h"
#include "store/store.h"

namespace yizhan::store {

/// What somebody types into a plain `sqlite3`: a connection that knows nothing of the service.
class PlainSqlite {
 public:
  explicit PlainSqlite(const std::string& path);
  ~PlainSqlite() { sqlite3_close(database_); }
  PlainSqlite(const PlainSqlite&) = delete;
  PlainSqlite& operator=(const PlainSqlite&) = delete;

  /// The rows, columns joined by `|`, NULL as `NULL`. A failure is one row `error: message`.
  std::vector<std::string> run(const std::string& sql);
  sqlite3* get() { return database_; }

 private:
  sqlite3* database_ = nullptr;
};

inline constexpr std::int64_t kEndpoint = 77;

class SqliteFixture : public testing::Test {
 protected:
  void SetUp() override { open(); }

  void open();
  /// As after the death of the process: the store is gone, its leases are still in the file.
  void reopen();

  /// An event of platform `demo` for kEndpoint, due at once.
  NewEvent new_event(std::string payload = "{}");
  Accepted accept(NewEvent event);
  ClaimReply claim(int limit = 10, Milliseconds lease = Seconds{30});
  RecordReply record(std::int64_t sequence, std::string_view token, EventStatus next, UtcTime next_attempt_at = {});
  WriteReply write(WriteBatch batch);
  EventView find(std::string_view id);
  std::string token() { return "token-" + std::to_string(++tokens_); }
  /// One value read by a connection of its own.
  std::string value(const std::string& sql);
  /// The events whose rows are not in exactly one of the three state tables; empty when all is well.
  std::vector<std::string> broken_events();

  std::string path() const { return (folder_ / "outbox.db").string(); }

  TemporaryFolder folder_;
  UtcTime now_ = *parse_time("2026-02-06 08:30:00");
  SteadyTime steady_{Seconds{1000}};
  IdMaker ids_;
  int tokens_ = 0;
  std::unique_ptr<StoreFactory> factory_;
  std::unique_ptr<Store> store_;
};

}  // namespace yizhan::store

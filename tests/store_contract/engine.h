// The engines under test, and a fresh, empty place for a store on each.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "harness/temporary_folder.h"
#include "store/store.h"

namespace yizhan::store::contract {

enum class Engine { kSqlite, kPostgres };

/// `Sqlite`, `Postgres`: ctest chooses the tests of one engine by this word.
std::string name_of(Engine engine);

/// A SQLite file in a directory of its own, or a schema of its own in the test run's PostgreSQL. Gone with the object.
class Place {
 public:
  explicit Place(Engine engine);
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// As YIZHAN_STORE names it.
  const std::string& url() const { return url_; }

 private:
  Engine engine_;
  std::string url_;
  std::string schema_;
  std::optional<TemporaryFolder> folder_;  ///< SQLite's
};

/// Opens a factory; ends the test when that fails.
std::unique_ptr<StoreFactory> open_factory(const std::string& url, OpenMode mode = OpenMode::kServe);

}  // namespace yizhan::store::contract

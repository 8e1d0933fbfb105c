// A store that somebody else holds, so that nothing can be written.
#pragma once

#include <sqlite3.h>

#include <filesystem>

namespace yizhan::api {

/// Keeps everybody else from writing, as a careless operator's transaction does.
class HeldDatabase {
 public:
  explicit HeldDatabase(const std::filesystem::path& path) {
    sqlite3_open(path.c_str(), &database_);
    sqlite3_busy_timeout(database_, 60'000);  // whoever is writing just now is waited for
    held = sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  ~HeldDatabase() {
    sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(database_);
  }
  bool held = false;

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace yizhan::api

// For each minute of the time that rows are looked for by, the smallest and the largest number among its rows: a
// question about a time range then reads that stretch of the table and no index has to be kept for it. The largest is
// written ahead of what is there, so that most transactions find it said already; a stretch that is a little too long
// costs its reader a few rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "store/sqlite/connection.h"

namespace yizhan::store::sqlite {

class Minutes {
 public:
  Minutes() = default;

  /// `table` has the columns minute, first_<number>, last_<number>.
  static Result<Minutes> open(Connection& connection, std::string_view table, std::string_view number);

  void note(UtcTime time, std::int64_t number);
  /// What the transaction's rows mean; before its commit.
  Result<void> write();
  void roll_back() {
    noted_.clear();
    written_.reset();
  }

 private:
  struct Minute {
    std::int64_t minute;
    std::int64_t first;
    std::int64_t last;
  };

  Connection* connection_ = nullptr;
  std::vector<Minute> noted_;
  std::optional<Minute> written_;  ///< what the file says, or will, of the minute that was written last
  Statement write_;
};

}  // namespace yizhan::store::sqlite

// The keys that callers gave their events: found again for at least 7 full days, then forgotten in small portions.
//
// Keys lie in trees by day, because keys made at random hit every page of their tree: a day's tree is small enough to
// stay in memory where one of a week would not be. A look-up probes the days of the window that have any keys.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/sqlite/connection.h"

namespace yizhan::store::sqlite {

class IdempotencyKeys {
 public:
  static Result<IdempotencyKeys> open(Connection& connection);

  /// The sequence of the event that carries this key within the platform.
  Result<std::optional<std::int64_t>> find(std::string_view platform, std::string_view key, UtcTime now);
  Result<void> add(std::string_view platform, std::string_view key, std::int64_t sequence, UtcTime now);

  /// Forgets a portion of what has left the window; false when nothing is left to forget.
  Result<bool> prune(UtcTime now);

 private:
  explicit IdempotencyKeys(Connection& connection) : connection_(&connection) {}
  Result<void> look_for_days(std::int64_t today);

  Connection* connection_;
  Statement next_day_;
  Statement find_;
  Statement add_;
  Statement prune_;
  std::vector<std::int64_t> days_;  ///< of the window, and of the future after a clock was set back; today's among them
  std::int64_t days_as_of_ = 0;     ///< the day when days_ was looked up; 0: never
};

}  // namespace yizhan::store::sqlite

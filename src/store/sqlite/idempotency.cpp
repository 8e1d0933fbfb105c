#include "store/sqlite/idempotency.h"

#include <algorithm>

namespace yizhan::store::sqlite {
namespace {

constexpr std::int64_t kKeyDays = 7;
constexpr std::int64_t kPrunedAtOnce = 500;

}  // namespace

Result<IdempotencyKeys> IdempotencyKeys::open(Connection& connection) {
  IdempotencyKeys keys(connection);
  const auto prepare = [&](Statement& statement, std::string_view sql) -> Result<void> {
    auto prepared = connection.prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    statement = std::move(*prepared);
    return {};
  };
  if (auto done = prepare(keys.next_day_, "SELECT min(day) FROM outbox_idempotency WHERE day > ?1"); !done) {
    return std::unexpected(done.error());
  }
  // The event's own key decides: the number may have passed to another event since this one was deleted.
  if (auto done =
          prepare(keys.find_,
                  "SELECT i.sequence FROM outbox_idempotency i CROSS JOIN outbox_events e ON e.sequence = i.sequence "
                  "WHERE i.day = ?1 AND i.platform = ?2 AND i.idempotency_key = ?3 "
                  "AND e.platform = ?2 AND e.idempotency_key = ?3");
      !done) {
    return std::unexpected(done.error());
  }
  if (auto done =
          prepare(keys.add_,
                  "INSERT INTO outbox_idempotency (day, platform, idempotency_key, sequence) VALUES (?1, ?2, ?3, ?4) "
                  "ON CONFLICT DO UPDATE SET sequence = excluded.sequence");
      !done) {
    return std::unexpected(done.error());
  }
  if (auto done = prepare(keys.prune_,
                          "DELETE FROM outbox_idempotency WHERE (day, platform, idempotency_key) IN "
                          "(SELECT day, platform, idempotency_key FROM outbox_idempotency WHERE day < ?1 LIMIT ?2)");
      !done) {
    return std::unexpected(done.error());
  }
  return keys;
}

Result<std::optional<std::int64_t>> IdempotencyKeys::find(std::string_view platform, std::string_view key,
                                                          UtcTime now) {
  if (const std::int64_t today = to_unix_days(now); today != days_as_of_) {
    if (auto done = look_for_days(today); !done) return std::unexpected(done.error());
  }
  for (const std::int64_t day : days_) {
    const ResetGuard guard(find_);
    find_.bind(1, day);
    find_.bind(2, platform);
    find_.bind(3, key);
    const int code = find_.step();
    if (code == SQLITE_ROW) return find_.integer(0);
    if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "look up an idempotency key"));
  }
  return std::nullopt;
}

Result<void> IdempotencyKeys::add(std::string_view platform, std::string_view key, std::int64_t sequence, UtcTime now) {
  add_.bind(1, to_unix_days(now));
  add_.bind(2, platform);
  add_.bind(3, key);
  add_.bind(4, sequence);
  const int code = add_.run();
  if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "store an idempotency key"));
  return {};
}

Result<bool> IdempotencyKeys::prune(UtcTime now) {
  prune_.bind(1, to_unix_days(now) - kKeyDays);
  prune_.bind(2, kPrunedAtOnce);
  const int code = prune_.run();
  if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "forget old idempotency keys"));
  return connection_->changes() == kPrunedAtOnce;
}

Result<void> IdempotencyKeys::look_for_days(std::int64_t today) {
  // Today's and yesterday's are probed in any case: events handed over by SQL bring keys while this process runs.
  days_ = {today, today - 1};
  std::int64_t after = today - kKeyDays - 1;
  for (;;) {
    next_day_.bind(1, after);
    const ResetGuard guard(next_day_);
    const int code = next_day_.step();
    if (code != SQLITE_ROW) return std::unexpected(connection_->error(code, "look up idempotency keys"));
    if (next_day_.null(0)) break;
    after = next_day_.integer(0);
    if (std::ranges::find(days_, after) == days_.end()) days_.push_back(after);
  }
  days_as_of_ = today;
  return {};
}

}  // namespace yizhan::store::sqlite

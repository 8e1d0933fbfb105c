#include "store/sqlite/idempotency.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace yizhan::store::sqlite {
namespace {

constexpr std::int64_t kWindowDays = 7;
constexpr std::int64_t kPrunedAtOnce = 500;

std::int64_t day_of(UtcTime time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

}  // namespace

Result<IdempotencyKeys> IdempotencyKeys::open(Connection& connection, const KeyTable& table) {
  IdempotencyKeys keys(connection);
  const std::pair<Statement*, std::string_view> statements[] = {
      {&keys.next_day_, "SELECT min(day) FROM {table} WHERE day > ?1"},
      // The row's own key decides: the number may have passed to another row since this one was deleted.
      {&keys.find_,
       "SELECT i.{number} FROM {table} i CROSS JOIN {rows} e ON e.{rows_number} = i.{number} "
       "WHERE i.day = ?1 AND i.{scope} = ?2 AND i.idempotency_key = ?3 "
       "AND e.{scope} = ?2 AND e.idempotency_key = ?3{condition}"},
      {&keys.add_,
       "INSERT INTO {table} (day, {scope}, idempotency_key, {number}) VALUES (?1, ?2, ?3, ?4) "
       "ON CONFLICT DO UPDATE SET {number} = excluded.{number}"},
      {&keys.prune_,
       "DELETE FROM {table} WHERE (day, {scope}, idempotency_key) IN "
       "(SELECT day, {scope}, idempotency_key FROM {table} WHERE day < ?1 LIMIT ?2)"},
  };
  for (const auto& [statement, text] : statements) {
    auto prepared = connection.prepare(
        fmt::format(fmt::runtime(text), fmt::arg("table", table.table), fmt::arg("scope", table.scope),
                    fmt::arg("number", table.number), fmt::arg("rows", table.rows),
                    fmt::arg("rows_number", table.rows_number), fmt::arg("condition", table.rows_condition)));
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return keys;
}

Result<std::optional<std::int64_t>> IdempotencyKeys::find(std::string_view scope, std::string_view key, UtcTime now) {
  if (const std::int64_t today = day_of(now); today != days_as_of_) {
    if (auto done = look_for_days(today); !done) return std::unexpected(done.error());
  }
  for (const std::int64_t day : days_) {
    const ResetGuard guard(find_);
    find_.bind(1, day);
    find_.bind(2, scope);
    find_.bind(3, key);
    const int code = find_.step();
    if (code == SQLITE_ROW) return find_.integer(0);
    if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "look up an idempotency key"));
  }
  return std::nullopt;
}

Result<void> IdempotencyKeys::add(std::string_view scope, std::string_view key, std::int64_t number, UtcTime now) {
  add_.bind(1, day_of(now));
  add_.bind(2, scope);
  add_.bind(3, key);
  add_.bind(4, number);
  const int code = add_.run();
  if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "store an idempotency key"));
  return {};
}

Result<bool> IdempotencyKeys::prune(UtcTime now) {
  prune_.bind(1, day_of(now) - kWindowDays);
  prune_.bind(2, kPrunedAtOnce);
  const int code = prune_.run();
  if (code != SQLITE_DONE) return std::unexpected(connection_->error(code, "forget old idempotency keys"));
  return connection_->changes() == kPrunedAtOnce;
}

Result<void> IdempotencyKeys::look_for_days(std::int64_t today) {
  // Today's and yesterday's are probed in any case: rows handed over by SQL bring keys while this process runs.
  days_ = {today, today - 1};
  std::int64_t after = today - kWindowDays - 1;
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

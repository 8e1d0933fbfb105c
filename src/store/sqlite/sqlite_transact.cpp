// SqliteStore: the transactions of the tables that both engines write alike (store/express_tables.h).
#include <utility>

#include "store/sqlite/sqlite_store.h"

namespace yizhan::store::sqlite {

Result<void> SqliteStore::transact(std::string_view before_commit, const SessionWork& work) {
  return in_transaction(
      [&]() -> Result<void> {
        SqliteSession session(connection_, session_statements_, dialect());
        const bool joined_before = std::exchange(joined_, true);
        auto done = work(session);
        joined_ = joined_before;
        if (!done) return done;
        return session.finish();
      },
      before_commit);
}

Result<void> SqliteStore::settle_deliveries(const std::vector<DeliveryChange>& changes, UtcTime now) {
  if (changes.empty()) return {};
  SqliteSession session(connection_, session_statements_, dialect());
  std::vector<std::int64_t> sequences;
  for (const DeliveryChange& change : changes) sequences.push_back(change.sequence);
  DeliverySettling settling;
  settling.look_up(session, sequences);
  if (auto done = session.finish(); !done) return done;
  settling.settle(session, changes, now);
  return session.finish();
}

Result<void> SqliteStore::look(const SessionWork& work) {
  if (auto done = ensure_connected(); !done) return done;
  SqliteSession session(connection_, session_statements_, dialect());
  if (auto done = work(session); !done) return done;
  return session.finish();
}

Result<std::vector<std::int64_t>> SqliteStore::store_events(Session&, std::vector<NewEvent> events, UtcTime now) {
  const auto stored = writer_->store_events(events, {.wall = now, .steady = steady_clock_()});
  if (!stored) return std::unexpected(stored.error());
  if (auto done = writer_->write_accepted(); !done) return std::unexpected(done.error());
  if (!*stored) return std::unexpected(stored->error());
  std::vector<std::int64_t> sequences;
  for (const Accepted& accepted : **stored) sequences.push_back(accepted.sequence);
  return sequences;
}

}  // namespace yizhan::store::sqlite

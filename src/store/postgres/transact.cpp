// PostgresStore: the transactions of the tables that both engines write alike (store/express_tables.h).
#include "base/fail_point.h"
#include "store/postgres/accept_check.h"
#include "store/postgres/postgres_session.h"
#include "store/postgres/postgres_store.h"

namespace yizhan::store::postgres {

Result<void> PostgresStore::join(std::string_view before_commit, const SessionWork& work) {
  PostgresSession session(*connection_);
  auto done = work(session);
  if (done) done = session.finish();
  if (session.failure()) joined_failure_ = session.failure();
  if (done && !before_commit.empty()) fail_point(before_commit);
  return done;
}

Result<void> PostgresStore::transact(std::string_view before_commit, const SessionWork& work) {
  if (joined_) return join(before_commit, work);
  Error error{"store_unavailable", "others change the same at the same moment; try again"};
  bool connected_anew = false;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (const auto connected = connect(); !connected) return connected;
    if (connection_->in_transaction()) abandon({"40001", "", ""});  // left open by sql()
    if (!connection_) continue;
    std::optional<Failure> failure;
    auto done = try_transact(before_commit, work, failure);
    if (done) return done;
    error = std::move(done.error());
    if (!failure) break;  // the work's own decision, rolled back; or nobody knows what became of it
    abandon(*failure);
    if (failure->serialization()) {
      pause_before_retry(attempt);
    } else if (failure->connection_lost() && !connected_anew) {
      connected_anew = true;  // nothing was committed, and it may be that only an old connection was lost
    } else {
      break;
    }
  }
  return std::unexpected(std::move(error));
}

Result<void> PostgresStore::try_transact(std::string_view before_commit, const SessionWork& work,
                                         std::optional<Failure>& failure) {
  PostgresSession session(*connection_);
  std::string transaction_id;
  connection_->begin();
  joined_ = true;
  joined_failure_.reset();
  auto done = work(session);
  joined_ = false;
  if (done) {
    session.send("SELECT pg_current_xact_id_if_assigned()::text", {},
                 [&](const SqlRow& row) { transaction_id = row.bytes(0); });
    done = session.finish();
  }
  if (!done) {
    failure = joined_failure_ ? joined_failure_ : session.failure();
    if (failure) return done;
    session.send("ROLLBACK", {});
    if (!session.finish()) connection_.reset();
    return done;
  }
  if (!before_commit.empty()) fail_point(before_commit);
  Failure of_commit;
  switch (commit(*connection_, url_, transaction_id, settle_time_, of_commit)) {
    case CommitOutcome::kCommitted:
      return {};
    case CommitOutcome::kRolledBack:
      failure = std::move(of_commit);
      return std::unexpected(to_error(*failure));
    case CommitOutcome::kUnknown:
      break;
  }
  connection_.reset();
  return fail("commit_outcome_unknown",
              "the connection to PostgreSQL broke during a commit, and whether it took place could not be found out; "
              "try again");
}

Result<void> PostgresStore::look(const SessionWork& work) {
  if (const auto connected = connect(); !connected) return connected;
  PostgresSession session(*connection_);
  auto done = work(session);
  if (done) done = session.finish();
  if (!done && session.failure()) abandon(*session.failure());
  return done;
}

Result<std::vector<std::int64_t>> PostgresStore::store_events(Session& session, std::vector<NewEvent> events,
                                                              UtcTime now) {
  if (purpose_ != Connection::Purpose::kWriter) {
    return fail("sql_error", "this connection of the store only reads; events go through the connection that writes");
  }
  WriteBatch batch;
  batch.now = now;
  batch.accepts.push_back({std::move(events)});
  if (auto refused = refusal(batch.accepts.front())) return std::unexpected(std::move(*refused));
  Batch written(*connection_, memory_, batch, {.accepts = {std::nullopt}, .receives = {}});
  // Nobody but transact() makes sessions for it.
  if (const auto done = static_cast<PostgresSession&>(session).take(written.write_into_open()); !done) {
    return std::unexpected(done.error());
  }
  const WriteReply reply = written.take_reply();
  if (!reply.accepts.front()) return std::unexpected(reply.accepts.front().error());
  std::vector<std::int64_t> sequences;
  for (const Accepted& accepted : *reply.accepts.front()) sequences.push_back(accepted.sequence);
  return sequences;
}

}  // namespace yizhan::store::postgres

#include "store/postgres/commit.h"

#include <thread>

#include "base/log.h"

namespace yizhan::store::postgres {
namespace {

constexpr Milliseconds kFirstPause{20};
constexpr Milliseconds kLongestPause{500};

Outcome<Fate> fate_of(Connection& connection, const std::string& transaction_id) {
  std::string status;
  Parameters transaction;
  transaction.add(std::string_view(transaction_id));
  connection.send_text("SELECT pg_xact_status($1::xid8)", {kText}, transaction,
                       [&](const ResultSet& rows) { status = rows.text(0, 0); });
  const auto done = connection.finish();
  // 22023: this server has not come to that number yet, so the transaction was another server's and did not reach it.
  if (!done && done.error().sqlstate == "22023") return Fate::kRolledBack;
  if (!done) return std::unexpected(done.error());
  if (status == "in progress") return Fate::kNotYet;
  return status == "committed" ? Fate::kCommitted : Fate::kRolledBack;
}

}  // namespace

CommitOutcome settle_commit(const std::string& url, Milliseconds settle_time, const AskFate& ask) {
  const SteadyTime until = std::chrono::steady_clock::now() + settle_time;
  Milliseconds pause = kFirstPause;
  while (std::chrono::steady_clock::now() < until) {
    if (auto connection = Connection::open(url, Connection::Purpose::kReader)) {
      const auto fate = ask(*connection);
      if (fate && *fate != Fate::kNotYet) {
        const bool committed = *fate == Fate::kCommitted;
        log::warning("commit_settled", {{"committed", committed}});
        return committed ? CommitOutcome::kCommitted : CommitOutcome::kRolledBack;
      }
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
  log::error("commit_outcome_unknown", {{"waitedMs", settle_time.count()}});
  return CommitOutcome::kUnknown;
}

Outcome<bool> has_ended(Connection& connection, const Backend& backend) {
  bool ended = false;
  Parameters which;
  which.add(std::string_view(backend.pid)).add(std::string_view(backend.started));
  connection.send_text(
      "SELECT CASE WHEN state LIKE 'idle%' THEN pg_terminate_backend(pid) END FROM pg_stat_activity "
      "WHERE pid = $1::text::integer AND backend_start = $2::text::timestamptz",
      {kText, kText}, which, [&](const ResultSet& rows) { ended = rows.rows() == 0; });
  if (const auto done = connection.finish(); !done) return std::unexpected(done.error());
  return ended;
}

CommitOutcome commit(Connection& connection, const std::string& url, const std::string& transaction_id,
                     Milliseconds settle_time, Failure& failure) {
  // As a text: connections of readers, which have no prepared statements, come here as well.
  connection.send_text("COMMIT", {}, {});
  const auto done = connection.finish();
  if (done) return CommitOutcome::kCommitted;
  failure = done.error();
  // Also where the server announces that it ends the connection: it may do so after the commit.
  if (!failure.connection_lost() || transaction_id.empty()) return CommitOutcome::kRolledBack;
  return settle_commit(url, settle_time, [&](Connection& other) { return fate_of(other, transaction_id); });
}

}  // namespace yizhan::store::postgres

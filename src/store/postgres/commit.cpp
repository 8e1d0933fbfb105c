#include "store/postgres/commit.h"

#include <thread>

#include "base/log.h"

namespace yizhan::store::postgres {
namespace {

constexpr Milliseconds kFirstPause{20};
constexpr Milliseconds kLongestPause{500};

enum class Fate { kCommitted, kRolledBack, kNotYet };

Outcome<Fate> ask(Connection& connection, const PendingCommit& pending) {
  std::string status;
  bool stored = true;
  Parameters transaction;
  transaction.add(std::string_view(pending.transaction_id));
  connection.send_text("SELECT pg_xact_status($1::xid8)", {kText}, transaction,
                       [&](const ResultSet& rows) { status = rows.text(0, 0); });
  const auto look = [&](const std::string& text, const std::vector<Oid>& types, const Parameters& parameters) {
    connection.send_text(text, types, parameters, [&](const ResultSet& rows) { stored = rows.integer(0, 0) != 0; });
  };
  if (const Evidence& evidence = pending.evidence; !evidence.event_id.empty()) {
    Parameters id;
    id.add(std::string_view(evidence.event_id));
    look("SELECT EXISTS (SELECT FROM outbox_events WHERE id = $1)", {kText}, id);
  } else if (evidence.callback_id != 0) {
    Parameters callback;
    callback.add(evidence.callback_id).add(evidence.received_at);
    look("SELECT EXISTS (SELECT FROM inbound_callbacks WHERE id = $1 AND received_at = $2)", {kInt8, kTimestamptz},
         callback);
  }
  const auto done = connection.finish();
  // 22023: this server has not come to that number yet, so the transaction was another server's and did not reach it.
  if (!done && done.error().sqlstate == "22023") return Fate::kRolledBack;
  if (!done) return std::unexpected(done.error());
  if (status == "in progress") return Fate::kNotYet;
  return status == "committed" && stored ? Fate::kCommitted : Fate::kRolledBack;
}

CommitOutcome settle(const std::string& url, const PendingCommit& pending, Milliseconds settle_time) {
  const SteadyTime until = std::chrono::steady_clock::now() + settle_time;
  Milliseconds pause = kFirstPause;
  while (std::chrono::steady_clock::now() < until) {
    if (auto connection = Connection::open(url, Connection::Purpose::kReader)) {
      const auto fate = ask(*connection, pending);
      if (fate && *fate != Fate::kNotYet) {
        const bool committed = *fate == Fate::kCommitted;
        log::warning("commit_settled", {{"transaction", pending.transaction_id}, {"committed", committed}});
        return committed ? CommitOutcome::kCommitted : CommitOutcome::kRolledBack;
      }
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
  log::error("commit_outcome_unknown", {{"transaction", pending.transaction_id}});
  return CommitOutcome::kUnknown;
}

}  // namespace

CommitOutcome commit(Connection& connection, const std::string& url, const PendingCommit& pending,
                     Milliseconds settle_time, Failure& failure) {
  // As a text: connections of readers, which have no prepared statements, come here as well.
  connection.send_text("COMMIT", {}, {});
  const auto done = connection.finish();
  if (done) return CommitOutcome::kCommitted;
  failure = done.error();
  // Also where the server announces that it ends the connection: it may do so after the commit.
  if (!failure.connection_lost() || pending.transaction_id.empty()) return CommitOutcome::kRolledBack;
  return settle(url, pending, settle_time);
}

}  // namespace yizhan::store::postgres

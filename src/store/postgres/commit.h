// The end of a transaction, where it can be in doubt: when the connection breaks after COMMIT was sent and before its
// answer came, the transaction may have taken place or not (fault 11). What became of it is then asked on a new
// connection, again and again until the server knows.
#pragma once

#include <functional>
#include <string>

#include "store/postgres/connection.h"

namespace yizhan::store::postgres {

enum class CommitOutcome {
  kCommitted,
  kRolledBack,  ///< certainly not committed; may be tried again
  kUnknown,     ///< could not be found out in time
};

/// How long the outcome is asked for: longer than a restart or a failover usually takes.
inline constexpr Milliseconds kSettleTime{15'000};

enum class Fate { kCommitted, kRolledBack, kNotYet };
using AskFate = std::function<Outcome<Fate>(Connection&)>;

/// Asks on a new connection until the answer is final, for `settle_time` at most.
CommitOutcome settle_commit(const std::string& url, Milliseconds settle_time, const AskFate& ask);

/// Whether the backend has ended, and its transaction with it; also where another server has taken over. One that waits
/// for its client is ended: it has done all that it heard of. One that is at work is not: it may be committing, and
/// wait for its standby.
Outcome<bool> has_ended(Connection& connection, const Backend& backend);

/// Commits what is open on the connection and settles the outcome by the transaction's id (pg_xact_status); an empty
/// one has changed nothing. A rolled-back one leaves its reason in `failure`. A server that took over from the first,
/// without having heard of the transaction, may have given its id to another one: callers can do the same again in any
/// case.
CommitOutcome commit(Connection& connection, const std::string& url, const std::string& transaction_id,
                     Milliseconds settle_time, Failure& failure);

}  // namespace yizhan::store::postgres

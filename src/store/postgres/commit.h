// The end of a transaction, where it can be in doubt: when the connection breaks after COMMIT was sent and before its
// answer came, the transaction may have taken place or not (fault 11).
//
// What became of it is then asked on a new connection, by the transaction's id (pg_xact_status), until the server
// knows. A server that took over from the first may never have heard of the transaction, or have given its number to
// another one: so where the transaction stored an event or a callback, that has to be there too.
#pragma once

#include <string>

#include "store/postgres/connection.h"

namespace yizhan::store::postgres {

enum class CommitOutcome {
  kCommitted,
  kRolledBack,  ///< certainly not committed; may be tried again
  kUnknown,     ///< could not be found out in time
};

/// What a transaction stored, by which one can tell later that it took place; empty where it stored neither.
struct Evidence {
  std::string event_id;
  std::int64_t callback_id = 0;
  UtcTime received_at{};  ///< of that callback: its number may be given to another one
};

struct PendingCommit {
  std::string transaction_id;  ///< empty when the transaction changed nothing
  Evidence evidence;
};

/// How long the outcome is asked for: longer than a restart or a failover usually takes.
inline constexpr Milliseconds kSettleTime{15'000};

/// Commits what is open on the connection and settles the outcome. A rolled-back one leaves its reason in `failure`.
CommitOutcome commit(Connection& connection, const std::string& url, const PendingCommit& pending,
                     Milliseconds settle_time, Failure& failure);

}  // namespace yizhan::store::postgres

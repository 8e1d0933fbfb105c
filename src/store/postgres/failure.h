// Why PostgreSQL did not do something: what it said (SQLSTATE), what that means for whoever asked, and the store's
// error for it. SQLSTATE classes: https://www.postgresql.org/docs/15/errcodes-appendix.html
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/error.h"

namespace yizhan::store::postgres {

/// An idempotency key of an event that is stored already: seen while writing, by another node at the same moment.
inline constexpr std::string_view kIdempotencyConstraint = "outbox_idempotency_pkey";

struct Failure {
  std::string sqlstate;    ///< five characters; empty when the connection broke or no answer came in time
  std::string message;     ///< one line
  std::string constraint;  ///< the name of the one that was violated; may be empty

  /// The connection is gone, or goes with this message: the server stops, or lost us.
  bool connection_lost() const;
  /// Another transaction was in the way at the same moment; the same statement may succeed when tried again.
  bool serialization() const;
  /// Somebody held a lock for longer than we wait.
  bool lock_timeout() const { return sqlstate == "55P03"; }
  /// One of the values is to blame (a constraint, a text that is not UTF-8): what else was written beside it is not.
  bool value_refused() const;
  bool violates(std::string_view constraint_name) const;
  /// What was free when it was looked for, another node took at the same moment: the key of an event or of a callback,
  /// or the number of a refund. It is found when the whole transaction is tried again.
  bool taken_meanwhile() const;
};

template <class T>
using Outcome = std::expected<T, Failure>;

Error to_error(const Failure& failure);

}  // namespace yizhan::store::postgres

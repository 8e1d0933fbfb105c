// The ledger in SQL, for both engines: events counted from the rows, by the state that each is in.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "domain/ledger.h"
#include "store/query.h"

namespace yizhan::store {

/// Columns of every statement here; a piece has one more.
enum LedgerColumn {
  kLedgerPlatform,
  kLedgerMinute,  ///< NULL where it was not asked for
  kLedgerAccepted,
  kLedgerPending,
  kLedgerRetrying,
  kLedgerDelivered,
  kLedgerDeadLetter,
  kLedgerDiscarded,
  kLedgerLastSequence,  ///< of a piece: the largest sequence that the line counts
};
LedgerLine read_ledger_line(const SqlRow& row);

/// Store::ledger(): what is there and what retention deleted, in one statement, so that both are read at one moment.
Query ledger_query(const Dialect& dialect, std::optional<UtcTime> created_from, std::optional<UtcTime> created_until,
                   bool by_minute);

/// Store::ledger_piece().
Query ledger_piece_query(const Dialect& dialect, std::int64_t after, std::int64_t until, int most);

/// Store::ledger_of_deleted().
Query ledger_of_deleted_query();

}  // namespace yizhan::store

// The ledger in SQL, for both engines: events counted from the rows, by the state that each is in.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "domain/ledger.h"
#include "store/query.h"
#include "store/store.h"

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

/// The whole ledger of a range, in one statement: what is there and what retention deleted.
Query ledger_query(const Dialect& dialect, const LedgerRange& range, bool by_minute);

/// The next piece of what is being counted; how far is known.
Query ledger_piece_query(const Dialect& dialect, const LedgerCount& count);

/// Of what retention deleted of the range.
Query ledger_of_deleted_query(const LedgerRange& range, bool by_minute);

}  // namespace yizhan::store

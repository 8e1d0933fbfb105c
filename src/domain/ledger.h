// The ledger: every accepted event is, at all times, in exactly one state. Counted from the rows, it must sum up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace yizhan {

struct LedgerLine {
  std::string platform;
  std::optional<UtcTime> minute;  ///< of created_at, where the ledger was asked for by the minute
  std::int64_t accepted = 0;
  std::int64_t pending = 0;
  std::int64_t retrying = 0;
  std::int64_t delivered = 0;
  std::int64_t dead_letter = 0;
  std::int64_t discarded = 0;

  /// accepted − (pending + retrying + delivered + dead_letter + discarded): 0, or something is missing (> 0) or counted
  /// twice (< 0).
  std::int64_t mismatch() const { return accepted - pending - retrying - delivered - dead_letter - discarded; }
  /// Adds the counts; platform and minute stay.
  LedgerLine& operator+=(const LedgerLine& other);
};

struct Ledger {
  std::vector<LedgerLine> lines;  ///< by platform name, then minute

  /// After lines were added at the end: puts them in order, and makes one of those of the same platform and minute.
  void join_lines();
  LedgerLine total() const;
  /// True when every platform's line sums up.
  bool balanced() const;
};

}  // namespace yizhan

// Which minutes of the ledger are to be counted next: pure. Each minute once, soon after it has ended; those that did
// not balance again, until they do. Who falls behind skips minutes: `yizhan ledger` counts all there is.
#pragma once

#include <vector>

#include "base/clock.h"
#include "domain/ledger.h"

namespace yizhan::alert {

/// Times of created_at: [from, until).
struct Span {
  UtcTime from;
  UtcTime until;
  bool operator==(const Span&) const = default;
};

class LedgerProgress {
 public:
  /// A minute is finished when nobody can be storing an event of it any more.
  static constexpr std::chrono::minutes kFinished{1};
  static constexpr std::chrono::minutes kMostAtOnce{10};
  /// Minutes that did not balance and are counted again.
  static constexpr std::size_t kRemembered = 16;

  /// Counts from `start` on.
  explicit LedgerProgress(UtcTime start);

  std::vector<Span> due(UtcTime now) const;
  /// What was found in the spans that were due at `now`: the lines that do not balance.
  void counted(std::vector<LedgerLine> mismatches, UtcTime now);

  const std::vector<LedgerLine>& mismatches() const { return mismatches_; }

 private:
  UtcTime counted_until_;
  std::vector<LedgerLine> mismatches_;  ///< by minute
};

}  // namespace yizhan::alert

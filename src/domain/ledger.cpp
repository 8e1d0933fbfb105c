#include "domain/ledger.h"

#include <algorithm>

namespace yizhan {

LedgerLine Ledger::total() const {
  LedgerLine sum;
  sum.platform = "total";
  for (const LedgerLine& line : lines) {
    sum.accepted += line.accepted;
    sum.pending += line.pending;
    sum.retrying += line.retrying;
    sum.delivered += line.delivered;
    sum.dead_letter += line.dead_letter;
    sum.discarded += line.discarded;
  }
  return sum;
}

bool Ledger::balanced() const {
  return std::ranges::all_of(lines, [](const LedgerLine& line) { return line.mismatch() == 0; });
}

}  // namespace yizhan

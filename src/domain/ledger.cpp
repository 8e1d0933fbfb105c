#include "domain/ledger.h"

#include <algorithm>
#include <tuple>

namespace yizhan {

namespace {

void add_to(LedgerLine& sum, const LedgerLine& line) {
  sum.accepted += line.accepted;
  sum.pending += line.pending;
  sum.retrying += line.retrying;
  sum.delivered += line.delivered;
  sum.dead_letter += line.dead_letter;
  sum.discarded += line.discarded;
}

}  // namespace

void Ledger::add(const LedgerLine& line) {
  const auto place = [](const LedgerLine& of) { return std::tie(of.platform, of.minute); };
  const auto found = std::ranges::lower_bound(lines, place(line), {}, place);
  if (found == lines.end() || place(*found) != place(line)) {
    lines.insert(found, line);
  } else {
    add_to(*found, line);
  }
}

LedgerLine Ledger::total() const {
  LedgerLine sum;
  sum.platform = "total";
  for (const LedgerLine& line : lines) add_to(sum, line);
  return sum;
}

bool Ledger::balanced() const {
  return std::ranges::all_of(lines, [](const LedgerLine& line) { return line.mismatch() == 0; });
}

}  // namespace yizhan

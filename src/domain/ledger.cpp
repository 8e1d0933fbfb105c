#include "domain/ledger.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace yizhan {

LedgerLine& LedgerLine::operator+=(const LedgerLine& other) {
  accepted += other.accepted;
  pending += other.pending;
  retrying += other.retrying;
  delivered += other.delivered;
  dead_letter += other.dead_letter;
  discarded += other.discarded;
  return *this;
}

void Ledger::join_lines() {
  const auto place = [](const LedgerLine& of) { return std::tie(of.platform, of.minute); };
  std::ranges::sort(lines, {}, place);
  std::vector<LedgerLine> joined;
  for (LedgerLine& line : lines) {
    if (!joined.empty() && place(joined.back()) == place(line)) {
      joined.back() += line;
    } else {
      joined.push_back(std::move(line));
    }
  }
  lines = std::move(joined);
}

LedgerLine Ledger::total() const {
  LedgerLine sum;
  sum.platform = "total";
  for (const LedgerLine& line : lines) sum += line;
  return sum;
}

bool Ledger::balanced() const {
  return std::ranges::all_of(lines, [](const LedgerLine& line) { return line.mismatch() == 0; });
}

}  // namespace yizhan

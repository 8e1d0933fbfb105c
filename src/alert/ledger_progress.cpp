#include "alert/ledger_progress.h"

#include <algorithm>
#include <set>

namespace yizhan::alert {
namespace {

using std::chrono::minutes;

UtcTime finished_until(UtcTime now) {
  return std::chrono::floor<minutes>(now) - LedgerProgress::kFinished;
}

}  // namespace

LedgerProgress::LedgerProgress(UtcTime start) : counted_until_(finished_until(start)) {}

std::vector<Span> LedgerProgress::due(UtcTime now) const {
  std::vector<Span> spans;
  std::set<UtcTime> again;
  for (const LedgerLine& line : mismatches_) {
    if (line.minute && again.size() < kRemembered) again.insert(*line.minute);
  }
  for (const UtcTime minute : again) spans.push_back({minute, minute + minutes{1}});
  const UtcTime until = finished_until(now);
  const UtcTime from = std::max(counted_until_, until - kMostAtOnce);
  if (from < until) spans.push_back({from, until});
  return spans;
}

void LedgerProgress::counted(std::vector<LedgerLine> mismatches, UtcTime now) {
  counted_until_ = std::max(counted_until_, finished_until(now));
  std::ranges::sort(mismatches, {}, [](const LedgerLine& line) { return std::pair(line.minute, line.platform); });
  mismatches_ = std::move(mismatches);
}

}  // namespace yizhan::alert

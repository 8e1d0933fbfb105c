#include "alert/ledger_progress.h"

#include <algorithm>
#include <set>

namespace yizhan::alert {

void LedgerProgress::saw(std::int64_t newest, SteadyTime now) {
  if (!seen_) {
    after_ = until_ = newest;
  } else if (now - seen_->at < kFinished) {
    return;
  } else {
    if (after_ < until_ && now - due_since_ >= kLate) after_ = until_;
    if (after_ >= until_) due_since_ = now;
    until_ = std::max(until_, seen_->newest);
  }
  seen_ = {.newest = newest, .at = now};
}

std::optional<Stretch> LedgerProgress::due() const {
  if (after_ >= until_) return std::nullopt;
  return Stretch{.after = after_, .until = until_};
}

void LedgerProgress::counted(std::int64_t last, const Ledger& found) {
  after_ = std::max(after_, last);
  remember(found);
}

std::vector<UtcTime> LedgerProgress::again() const {
  std::set<UtcTime> minutes;
  for (const LedgerLine& line : mismatches()) {
    if (line.minute && minutes.size() < kRemembered) minutes.insert(*line.minute);
  }
  return {minutes.begin(), minutes.end()};
}

void LedgerProgress::counted_again(UtcTime minute, const Ledger& found) {
  std::erase_if(mismatches_.lines, [&](const LedgerLine& line) { return line.minute == minute; });
  remember(found);
}

void LedgerProgress::remember(const Ledger& found) {
  for (const LedgerLine& line : found.lines) {
    if (line.mismatch() != 0) mismatches_.lines.push_back(line);
  }
  mismatches_.join_lines();
}

}  // namespace yizhan::alert

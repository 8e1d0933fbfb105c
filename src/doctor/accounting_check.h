// Check `accounting`: does the ledger sum up, what is dead, what waits longer than it should, what has nowhere to go?
#pragma once

#include <optional>
#include <vector>

#include "doctor/examination.h"
#include "domain/ledger.h"
#include "store/observations.h"

namespace yizhan::doctor {

/// How far back the ledger is counted; 'yizhan ledger' counts all of it.
inline constexpr std::chrono::days kLedgerSpan{7};
/// Due for longer than its platform's poll, its breaker's longest pause, an attempt and this: overdue.
inline constexpr Seconds kOverdueMargin{60};

struct AccountingFacts {
  std::vector<LedgerLine> ledger;  ///< by platform
  std::vector<store::DeadLetterCause> dead_letters;
  std::vector<store::PlatformBacklog> backlog;
  std::vector<store::SetAside> set_aside;
  std::vector<store::DisabledEndpoint> disabled;
};
std::vector<Finding> judge_accounting(const AccountingFacts& facts, const config::Config& config, UtcTime now);

void check_accounting(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor

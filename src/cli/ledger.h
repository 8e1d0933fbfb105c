// How the ledger is shown.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "domain/ledger.h"

namespace yizhan::cli {

/// A table with a line for each platform (and minute), a sum, and one sentence that says whether it balances.
std::string ledger_text(const Ledger& ledger, bool by_minute, const Terminal& terminal);
/// One JSON object: the totals, `balanced`, and `platforms`.
std::string ledger_json(const Ledger& ledger);

}  // namespace yizhan::cli

// The rows of the store as --json prints them: the API's field names.
#pragma once

#include "cli/json_record.h"
#include "domain/ledger.h"
#include "store/store.h"

namespace yizhan::cli {

JsonRecord event_record(const store::EventView& event);
JsonRecord attempt_record(const store::AttemptView& attempt);
JsonRecord dead_letter_record(const store::DeadLetterView& dead_letter);
JsonRecord ledger_record(const LedgerLine& line);

}  // namespace yizhan::cli

// Entries of the audit trail as JSON: the API's answers, and what the command line prints with --json.
#pragma once

#include "base/json_writer.h"
#include "store/audit.h"

namespace yizhan::api {

void write_audit_entry(JsonWriter& writer, const store::AuditEntry& entry);

}  // namespace yizhan::api

// What the service itself puts on the audit trail: its start, its stop, a reload.
#pragma once

#include <string>

#include "store/audit.h"
#include "store/group_commit.h"

namespace yizhan::app {

/// By this process, `host:pid`, at this moment.
store::AuditEntry service_entry(std::string action);

/// On the writer's thread, when its turn comes; a failure is a line of the log.
void put_on_record(store::GroupCommit& commits, store::AuditEntry entry);

}  // namespace yizhan::app

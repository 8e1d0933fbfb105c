// SQLite schema, version 4: replay jobs, and the audit trail.
#pragma once

#include <string>

namespace yizhan::store::migrations {

/// The statements that bring a store of version 3 to version 4.
std::string sqlite_0004_replay_audit();

}  // namespace yizhan::store::migrations

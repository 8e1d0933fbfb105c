// SQLite schema, version 5: what retention deleted, as the ledger counts it on.
#pragma once

#include <string>

namespace yizhan::store::migrations {

/// The statements that bring a store of version 4 to version 5.
std::string sqlite_0005_retention();

}  // namespace yizhan::store::migrations

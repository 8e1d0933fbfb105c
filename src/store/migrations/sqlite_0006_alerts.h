// SQLite schema, version 6: alerts that are raised.
#pragma once

#include <string>

namespace yizhan::store::migrations {

/// The statements that bring a store of version 5 to version 6.
std::string sqlite_0006_alerts();

}  // namespace yizhan::store::migrations

// SQLite schema, version 2: what is received, and orders (docs/decisions/0002-inbound-records.md says why it is laid
// out like this). Everything in it works in a plain `sqlite3`: no function of the service is needed to read or edit.
#pragma once

#include <string>

namespace yizhan::store::migrations {

std::string sqlite_0002_inbound();

}  // namespace yizhan::store::migrations

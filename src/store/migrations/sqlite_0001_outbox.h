// SQLite schema, version 1: the outbox (docs/decisions/0001-outbox-layout.md says why it is laid out like this), the
// views under the seed's names with their triggers, and the small tables beside it. Everything in it works in a plain
// `sqlite3`: no function of the service is needed to read or edit.
#pragma once

#include <string>

namespace yizhan::store::migrations {

std::string sqlite_0001_outbox();

}  // namespace yizhan::store::migrations

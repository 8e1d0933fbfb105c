// SQLite schema, version 8: callbacks are found by source and event type through the blocks of ids that hold some.
#pragma once

#include <string>

namespace yizhan::store::migrations {

/// The statements that bring a store of version 7 to version 8.
std::string sqlite_0008_callback_blocks();

}  // namespace yizhan::store::migrations

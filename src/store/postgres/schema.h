// The schema's version, and the way from each version to the next.
#pragma once

#include "store/postgres/connection.h"

namespace yizhan::store::postgres {

/// The version that this program works with.
int newest_schema();

/// 0 when there is no schema yet.
Result<int> read_schema_version(Connection& connection);

/// All or nothing; nodes that start at once take turns. How many steps were taken. `store_newer`.
Result<int> migrate(Connection& connection);

}  // namespace yizhan::store::postgres

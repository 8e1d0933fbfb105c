// Stores on one PostgreSQL database.
#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace yizhan::store::postgres {

/// `url` as libpq takes it (`postgresql://user@host:port/database?sslmode=verify-full&…`); no connection is made yet.
/// The schema that is used is the connection's current one: `?options=-csearch_path%3Dname` chooses another.
Result<std::unique_ptr<StoreFactory>> open_postgres(const std::string& url, OpenMode mode);

}  // namespace yizhan::store::postgres

// Opens embedded databases.
#pragma once

#include <memory>
#include <string>

#include "store/sqlite/sqlite_store.h"
#include "store/store.h"

namespace yizhan::store::sqlite {

/// `steady_clock` judges leases; tests pass their own.
Result<std::unique_ptr<StoreFactory>> open_factory(const std::string& path, OpenMode mode,
                                                   SteadyClock steady_clock = std::chrono::steady_clock::now);

}  // namespace yizhan::store::sqlite

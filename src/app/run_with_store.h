// The way of retention and upkeep to a store that writes.
#pragma once

#include <functional>

#include "store/store.h"

namespace yizhan::app {

/// Runs a task with a store that writes, on a thread of its own. Thread-safe.
using RunWithStore = std::function<void(std::move_only_function<void(store::Store&)>)>;

}  // namespace yizhan::app

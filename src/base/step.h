// A piece of work that is done again and again: one pass now, the next when there is news, when something is due, or
// at the poll interval. Who does the pass knows only the pass; who calls for it (app/step_loop.h) knows when.
#pragma once

#include <functional>
#include <optional>

#include "base/clock.h"

namespace yizhan {

struct StepResult {
  bool more = false;                 ///< there is more to do at once
  std::optional<UtcTime> next_at{};  ///< when something will be due; empty: not known
};

/// Does one pass and calls `done` once, on the same thread. Never called again before that.
using Step = std::move_only_function<void(std::move_only_function<void(StepResult)> done)>;

}  // namespace yizhan

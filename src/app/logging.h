// The log as [log] has it: at the start, and again at a reload.
#pragma once

#include <functional>

#include "config/config.h"

namespace yizhan::app {

/// Opens where lines are to go, a file anew; what it returns puts that and the level in force. Codes of
/// log::prepare_target().
Result<std::move_only_function<void()>> prepare_log(const config::LogSection& section);

}  // namespace yizhan::app

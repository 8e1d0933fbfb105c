// `yizhan serve`: the service from start to signal.
#pragma once

#include <iosfwd>

#include "base/error.h"
#include "config/config.h"

namespace yizhan::app {

/// Runs until SIGTERM or SIGINT, then stops within the configured grace; a second signal stops at once. Prints one line
/// `yizhan ready api=ADDRESS …` to `out` when it accepts. An error means that it did not start.
Result<void> serve(const config::Config& config, std::ostream& out);

}  // namespace yizhan::app

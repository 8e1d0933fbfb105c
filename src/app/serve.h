// `yizhan serve`: the service from start to signal.
#pragma once

#include <iosfwd>

#include "base/error.h"
#include "config/config.h"
#include "config/load.h"

namespace yizhan::app {

/// Runs until SIGTERM or SIGINT, then stops within the configured grace; a second signal stops at once. At SIGHUP
/// `inputs`, which `config` was loaded from, are read again (app/reloader.h). Prints one line `yizhan ready
/// api=ADDRESS …` to `out` when it accepts. An error means that it did not start.
Result<void> serve(const config::Config& config, const config::Inputs& inputs, std::ostream& out);

}  // namespace yizhan::app

// What a start would find wrong with a valid configuration before it opens anything: keys that cannot be read, paths
// that are taken, addresses that need credentials.
#pragma once

#include "base/error.h"
#include "config/config.h"

namespace yizhan::app {

/// Codes of make_platforms(), make_sources(), make_routes() and check_receiver(). Opens no store and no port.
Result<void> check(const config::Config& config);

}  // namespace yizhan::app

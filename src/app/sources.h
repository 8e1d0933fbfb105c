// The configured sources and routes, made ready for the receiver: secrets become verifiers, conditions are read.
#pragma once

#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "http/server.h"
#include "receive/receiver.h"
#include "receive/routes.h"

namespace yizhan::app {

/// Those that are enabled. Codes of the sources' own make_…_source(), `path_taken` (two sources on one path); the
/// message names the source.
Result<std::vector<receive::ConfiguredSource>> make_sources(const config::Config& config);

/// Code `condition_invalid`; the message names the route.
Result<receive::Routes> make_routes(const config::Config& config);

/// Code `credentials_required`: other machines reach this address, and a source has no secret to check callbacks by.
Result<void> check_receiver(const http::ListenAddress& address, const config::Config& config);

}  // namespace yizhan::app

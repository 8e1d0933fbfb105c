// What `yizhan doctor` asks of the service on this machine: its process, its listeners, its API.
#pragma once

#include "cli/context.h"
#include "config/config.h"
#include "doctor/service_state.h"

namespace yizhan::cli {

/// Waits a few seconds for one that hangs. Its API is asked with the key in YIZHAN_API_KEY.
doctor::ServiceState look_at_service(const Context& context, const config::Config& config);

}  // namespace yizhan::cli

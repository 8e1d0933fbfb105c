// Where an event goes, by the configuration: what a running service works out for itself when it routes the event.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "config/config.h"

namespace yizhan::cli {

struct EventEndpoint {
  std::int64_t key = 0;
  std::string url;  ///< without query
};

/// Codes `unknown_platform`, `url_invalid`.
Result<EventEndpoint> event_endpoint(const config::Config& config, const std::string& platform,
                                     const std::string& callback_target);

}  // namespace yizhan::cli

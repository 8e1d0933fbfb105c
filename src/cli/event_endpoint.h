// Where an event goes, by the configuration: what a running service works out for itself when it routes the event.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "store/store.h"

namespace yizhan::cli {

struct EventEndpoint {
  std::int64_t key = 0;
  std::string url;  ///< without query
};

/// Codes `unknown_platform`, `url_invalid`.
Result<EventEndpoint> event_endpoint(const config::Config& config, const std::string& platform,
                                     const std::string& callback_target);

/// The endpoints that are disabled at this moment.
class DisabledEndpoints {
 public:
  static Result<DisabledEndpoints> read(store::Store& store);

  /// The one that the event goes to; null when that is not disabled, or not known.
  const store::DisabledEndpoint* of(const store::Event& event, const config::Config& config) const;

 private:
  std::vector<store::DisabledEndpoint> endpoints_;
};

}  // namespace yizhan::cli

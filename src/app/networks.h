// Networks as the configuration writes them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "http/address_guard.h"

namespace yizhan::app {

/// `10.0.0.0/8`, `::1`. Code `network_invalid`, with the text.
Result<std::vector<http::Network>> parse_networks(const std::vector<std::string>& texts);

/// The same, to be shared by requests; null where there are none.
Result<std::shared_ptr<const std::vector<http::Network>>> shared_networks(const std::vector<std::string>& texts);

}  // namespace yizhan::app

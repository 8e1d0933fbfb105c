// What a start would find wrong with a valid configuration before it opens anything: keys that cannot be read, paths
// that are taken, addresses that need credentials.
#pragma once

#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "store/store.h"

namespace yizhan::app {

/// Codes of make_platforms(), make_sources(), make_routes() and check_receiver(). Opens no store and no port.
Result<void> check(const config::Config& config);

/// Whether the API's and the push server's listeners may be reached as they are, with these keys. Codes
/// `credentials_required`, `listen_address_invalid`.
Result<void> check_credentials(const config::Config& config, const std::vector<store::ApiKey>& keys);

}  // namespace yizhan::app

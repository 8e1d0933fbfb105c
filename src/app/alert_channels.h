// The configured alert channels, made ready: each kind gets its options.
#pragma once

#include <vector>

#include "app/alert_lane.h"
#include "config/config.h"
#include "http/client.h"

namespace yizhan::app {

/// Those that are not enabled have no channel. References outlive what is made. Codes `url_invalid`, `secret_invalid`,
/// `signing_options_invalid`, `tls_files_invalid`, `network_invalid`; the message names the channel.
Result<std::vector<AlertChannel>> make_alert_channels(http::asio::io_context& io, http::Client& client,
                                                      const config::Config& config);

}  // namespace yizhan::app

// Any webhook: the alert's JSON (alert.h) as it stands in the store, signed as a platform's callbacks are, or not at
// all. The HTTP status decides: 2xx is success, 410 disables the endpoint, 429 and 503 slow it down.
#pragma once

#include "alert/http_channel.h"
#include "verify/signing.h"

namespace yizhan::alert {

struct WebhookOptions {
  std::string url;
  verify::SigningOptions signing{};
};

/// Codes `url_invalid`, `secret_invalid`, `signing_options_invalid`.
Result<std::unique_ptr<Channel>> make_webhook(http::Client& client, const WebhookOptions& options,
                                              HttpChannelOptions http_options);

}  // namespace yizhan::alert

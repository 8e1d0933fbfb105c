// Getui REST v2, the service under uni-push. POST {base}/{app id}/auth for a token, then
// POST {base}/{app id}/push/single/cid, or /push/single/batch/cid for several at once (at most 200), each message with
// its own request_id.
//
// The token is kept until shortly before it expires and renewed once on code 10001, by one call however many messages
// wait for it (at most 100 auths a minute are allowed).
// Source: Getui, "REST API V2", auth, push/single/cid, push/single/batch/cid, and its table of return codes.
#pragma once

#include "http/asio.h"
#include "http/client.h"
#include "push/channel.h"

namespace yizhan::push {

struct GetuiOptions {
  std::string base_url = "https://restapi.getui.com/v2";
  std::string app_id;
  std::string app_key;
  std::string master_secret;
  Milliseconds timeout{10000};
  std::size_t batch = 200;  ///< messages in one call at most; 1: each by itself
  Seconds time_to_live{86400};  ///< how long Getui keeps a message for a device that is offline (settings.ttl)
  std::shared_ptr<const std::vector<http::Network>> extra_networks;
};

/// Codes: `url_invalid`, `getui_incomplete`.
Result<std::unique_ptr<Channel>> make_getui(http::asio::io_context& io, http::Client& client, GetuiOptions options);

}  // namespace yizhan::push

// Getui REST v2, the service under uni-push. POST {base}/{app id}/auth for a token, then
// POST {base}/{app id}/push/single/cid, or /push/single/batch/cid for several at once (at most 200), each message with
// its own request_id.
//
// What is handed over in one turn of the event loop goes out in one call; nothing lingers for more. An answer to
// several says of each device what became of it. Where it leaves some out, or says no more of them than that it failed,
// those are sent once more without the others; where it refuses the whole (one parameter, one device of another app),
// each half by itself, down to the one to blame. All under the same request ids, so that nothing is shown twice, and
// within the time of the attempt.
//
// The token is kept until shortly before it expires and renewed once on code 10001, by one call however many messages
// wait for it (getui_token.h).
//
// The notification opens the app (`startapp`), or hands it the payload where there is one (`payload`); `push_channel`
// has it for devices that only their maker's service or Apple's reaches.
// Source: Getui, "REST API V2", auth, push/single/cid, push/single/batch/cid, common parameters, return codes.
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
  /// How long Getui keeps a message for a device that is offline (settings.ttl); at most three days.
  Seconds time_to_live{86400};
  Milliseconds shortest_auth_interval{1000};  ///< see getui_token.h
  std::shared_ptr<const std::vector<http::Network>> extra_networks{};
};

/// Codes: `url_invalid`, `getui_incomplete` (an id, key or secret is missing, or the app id has other characters than
/// letters, digits, `-` and `_`).
Result<std::unique_ptr<Channel>> make_getui(http::asio::io_context& io, http::Client& client, GetuiOptions options);

}  // namespace yizhan::push

// The cloud function that calls uni-push for us: one POST per cid,
// {"token","push_clientid","title","content","payload","request_id"}.
//
// Success is 2xx, errCode 0 and, where the answer says so per device, not `successed_ignore`.
// Source: shared protocol notes of the seed's push server; uni-push 2.0 "sendMessage", return value.
#pragma once

#include "http/client.h"
#include "push/channel.h"

namespace yizhan::push {

struct CloudFunctionOptions {
  std::string url;      ///< CLOUD_FUNC_URL
  std::string token{};  ///< PUSH_TOKEN; may be empty
  Milliseconds timeout{10000};
  std::shared_ptr<const std::vector<http::Network>> extra_networks{};
};

/// Codes: `url_invalid`.
Result<std::unique_ptr<Channel>> make_cloud_function(http::Client& client, CloudFunctionOptions options);

}  // namespace yizhan::push

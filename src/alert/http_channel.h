// What the channels that are reached by HTTP have in common: one call, its deadline, and an answer that hides what must
// not be seen. What to ask and how to judge is each service's own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "alert/channel.h"
#include "http/client.h"

namespace yizhan::alert {

struct HttpChannelOptions {
  Milliseconds timeout{10000};  ///< of a whole attempt
  /// How long the channel is left alone after it said "too many", where it does not say for how long.
  Seconds throttled_pause{60};
  std::shared_ptr<http::TlsCredentials> tls{};                         ///< null: the system's authorities
  std::shared_ptr<const std::vector<http::Network>> extra_networks{};  ///< that it may be in although private
};

struct HttpCall {
  std::shared_ptr<const http::Url> url;
  std::string header_lines;
  std::string body;
};

/// Immutable: shared with the calls in flight.
class HttpService {
 public:
  virtual ~HttpService() = default;
  virtual HttpCall call(const Message& message, UtcTime now) const = 0;
  /// `outcome` is that of the HTTP call (http/attempt_outcome.h); `body` is the whole answer.
  virtual void judge(AttemptOutcome& outcome, std::string_view body) const = 0;
};

/// `url`: the channel's, of which only scheme, host and port are ever shown. `secrets`: not to be seen in any outcome,
/// as they are or percent-encoded; the path and the query of `url` are hidden without being named.
std::unique_ptr<Channel> make_http_channel(http::Client& client, const http::Url& url,
                                           std::shared_ptr<const HttpService> service,
                                           const std::vector<std::string>& secrets, HttpChannelOptions options);

/// `url` with `name=value` in its query, the value percent-encoded.
http::Url with_parameter(http::Url url, std::string_view name, std::string_view value);

}  // namespace yizhan::alert

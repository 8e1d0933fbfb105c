// Who sent a request, when it came through proxies of ours: X-Forwarded-For is a list that every proxy adds the address
// of its own peer to, at the end. Whatever stands before the first address added by a stranger is the stranger's claim.
#pragma once

#include <string>
#include <vector>

#include "http/address_guard.h"
#include "http/server.h"

namespace yizhan::receive {

class TrustedProxies {
 public:
  /// `networks`: `10.0.0.0/8`, or single addresses. Code `network_invalid`.
  static Result<TrustedProxies> parse(const std::vector<std::string>& networks);

  /// The peer itself unless it is a trusted proxy; else the last address of X-Forwarded-For that is not one. What is no
  /// address ends the search: the proxy that added it is the nearest that is known.
  http::asio::ip::address sender(const http::ServerRequest& request) const;

 private:
  bool trusts(const http::asio::ip::address& address) const;

  std::vector<http::Network> networks_;
};

}  // namespace yizhan::receive

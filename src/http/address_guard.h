// Which addresses a callback may be sent to. A callback's URL is somebody else's input: without this, anyone who can
// choose it can make this machine talk to its own network (fault 46). The decision is made on the resolved address, and
// that very address is connected to, so that a name cannot change its answer in between.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/asio.h"

namespace yizhan::http {

/// An address block: `10.0.0.0/8`, `fd00::/8`, or a single address.
struct Network {
  asio::ip::address address;
  unsigned prefix_length = 0;

  bool contains(const asio::ip::address& candidate) const;
  bool operator==(const Network&) const = default;
};
/// Code `network_invalid`.
Result<Network> parse_network(std::string_view text);
/// Comma-separated; blanks are ignored.
Result<std::vector<Network>> parse_networks(std::string_view list);

class AddressGuard {
 public:
  /// `allowed`: networks that may be reached although they are not global.
  explicit AddressGuard(std::vector<Network> allowed = {});

  /// Empty when callbacks may go to `address`; otherwise why not, in a few words ("loopback", "private network", "cloud
  /// metadata service"). Every range that is not globally reachable is refused, and so is every IPv6 form that carries
  /// such an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, ISATAP). Metadata services are refused even when
  /// listed.
  std::string_view refusal(const asio::ip::address& address, const std::vector<Network>* extra_allowed = nullptr) const;

  bool operator==(const AddressGuard&) const = default;

 private:
  std::vector<Network> allowed_;
};

/// The address that `host` spells in any form that a resolver would take for IPv4: dotted, decimal, octal, hexadecimal,
/// with fewer than four parts; or an IPv6 literal. Empty for a name.
std::optional<asio::ip::address> parse_address_literal(std::string_view host);

}  // namespace yizhan::http

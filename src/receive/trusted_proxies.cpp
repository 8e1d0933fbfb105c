#include "receive/trusted_proxies.h"

#include <algorithm>
#include <optional>
#include <ranges>

#include "base/ascii.h"
#include "http/ascii_case.h"

namespace yizhan::receive {
namespace {

using http::asio::ip::address;

/// `192.0.2.1`, `2001:db8::1`, and as some proxies write them: `192.0.2.1:443`, `[2001:db8::1]`, `[2001:db8::1]:443`.
std::optional<address> read_address(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    text = text.substr(1, end - 1);
  } else if (text.find('.') != std::string_view::npos && text.find(':') == text.rfind(':')) {
    text = text.substr(0, text.find(':'));
  }
  if (text.empty() || text.find('%') != std::string_view::npos) return std::nullopt;
  http::ErrorCode error;
  address read = http::asio::ip::make_address(text, error);
  if (error) return std::nullopt;
  if (read.is_v6() && read.to_v6().is_v4_mapped()) {
    return http::asio::ip::make_address_v4(http::asio::ip::v4_mapped, read.to_v6());
  }
  return read;
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  for (const std::string& text : networks) {
    auto network = http::parse_network(text);
    if (!network) return std::unexpected(std::move(network.error()));
    proxies.networks_.push_back(*network);
  }
  return proxies;
}

bool TrustedProxies::trusts(const address& candidate) const {
  return std::ranges::any_of(networks_, [&](const http::Network& network) { return network.contains(candidate); });
}

address TrustedProxies::sender(const http::ServerRequest& request) const {
  address nearest = request.peer;
  if (networks_.empty() || !trusts(nearest)) return nearest;
  // Several fields of the name are one list (RFC 9110, section 5.3).
  for (const auto& [name, value] : request.headers | std::views::reverse) {
    if (!http::equals_ignoring_case(name, "x-forwarded-for")) continue;
    std::string_view list = value;
    while (true) {
      const std::size_t comma = list.rfind(',');
      const auto claimed = read_address(comma == std::string_view::npos ? list : list.substr(comma + 1));
      if (!claimed) return nearest;
      nearest = *claimed;
      if (!trusts(nearest)) return nearest;
      if (comma == std::string_view::npos) break;
      list = list.substr(0, comma);
    }
  }
  return nearest;
}

}  // namespace yizhan::receive

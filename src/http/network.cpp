#include <fmt/format.h>

#include <charconv>

#include "base/ascii.h"
#include "http/address_guard.h"

namespace yizhan::http {
namespace {

template <class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, unsigned prefix_length) {
  unsigned remaining = prefix_length;
  for (std::size_t i = 0; i < a.size() && remaining > 0; ++i) {
    const unsigned bits = remaining < 8 ? remaining : 8;
    const unsigned mask = (0xffu << (8 - bits)) & 0xffu;
    if ((a[i] & mask) != (b[i] & mask)) return false;
    remaining -= bits;
  }
  return true;
}

std::unexpected<Error> no_network(std::string_view text, std::string_view why) {
  return fail(
      "network_invalid",
      fmt::format("'{}' is not a network: {}. Write it as 10.0.0.0/8, fd00::/8 or a single address.", text, why));
}

}  // namespace

bool Network::contains(const asio::ip::address& candidate) const {
  if (address.is_v4() != candidate.is_v4()) return false;
  if (address.is_v4()) return same_prefix(address.to_v4().to_bytes(), candidate.to_v4().to_bytes(), prefix_length);
  return same_prefix(address.to_v6().to_bytes(), candidate.to_v6().to_bytes(), prefix_length);
}

Result<Network> parse_network(std::string_view text) {
  const std::string_view written = trimmed(text);
  const std::size_t slash = written.find('/');
  // Only the plain forms: an allow-list entry in octal is more likely a mistake than a wish.
  ErrorCode error;
  const auto address = asio::ip::make_address(written.substr(0, slash), error);
  if (error || written.find('%') != std::string_view::npos) return no_network(written, "no such address");
  const unsigned width = address.is_v4() ? 32 : 128;
  unsigned prefix_length = width;
  if (slash != std::string_view::npos) {
    const std::string_view digits = written.substr(slash + 1);
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix_length);
    if (status != std::errc{} || end != digits.data() + digits.size() || prefix_length > width) {
      return no_network(written, fmt::format("the prefix length must be 0 to {}", width));
    }
  }
  return Network{address, prefix_length};
}

Result<std::vector<Network>> parse_networks(std::string_view list) {
  std::vector<Network> networks;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view entry = trimmed(list.substr(0, comma));
    if (!entry.empty()) {
      auto network = parse_network(entry);
      if (!network) return std::unexpected(std::move(network.error()));
      networks.push_back(*network);
    }
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return networks;
}

}  // namespace yizhan::http

// Address literals as resolvers read them. `inet_aton` and the URL standard
// (https://url.spec.whatwg.org/#concept-ipv4-parser) agree: one to four parts, each decimal, octal (leading 0) or
// hexadecimal (leading 0x); every part but the last is one byte, the last fills what remains. A guard that knew only
// the dotted form would wave `http://2130706433/` through to loopback.
#include <algorithm>
#include <array>
#include <cstdint>

#include "http/address_guard.h"

namespace yizhan::http {
namespace {

std::optional<std::uint64_t> parse_part(std::string_view part) {
  if (part.empty()) return std::nullopt;
  unsigned base = 10;
  if (part.size() >= 2 && part[0] == '0' && (part[1] == 'x' || part[1] == 'X')) {
    base = 16;
    part.remove_prefix(2);  // a bare "0x" is zero
  } else if (part.size() >= 2 && part[0] == '0') {
    base = 8;
    part.remove_prefix(1);
  }
  std::uint64_t value = 0;
  for (const char c : part) {
    unsigned digit = 99;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    }
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
    if (value > UINT32_MAX) return std::nullopt;
  }
  return value;
}

std::optional<asio::ip::address_v4> parse_ipv4(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::array<std::uint64_t, 4> parts{};
  std::size_t count = 0;
  while (true) {
    const std::size_t dot = host.find('.');
    const auto part = parse_part(host.substr(0, dot));
    if (!part || count == parts.size()) return std::nullopt;
    parts[count++] = *part;
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (parts[i] > 255) return std::nullopt;
    value |= parts[i] << (24 - 8 * i);
  }
  const std::uint64_t last_limit = std::uint64_t{1} << (8 * (5 - count));
  if (parts[count - 1] >= last_limit) return std::nullopt;
  return asio::ip::address_v4(static_cast<std::uint32_t>(value | parts[count - 1]));
}

}  // namespace

std::optional<asio::ip::address> parse_address_literal(std::string_view host) {
  if (host.find(':') != std::string_view::npos) {
    // A zone id names an interface of this machine: never a place for callbacks.
    if (host.find('%') != std::string_view::npos) return std::nullopt;
    ErrorCode error;
    auto address = asio::ip::make_address_v6(host, error);
    if (error) return std::nullopt;
    return address;
  }
  if (const auto address = parse_ipv4(host)) return *address;
  return std::nullopt;
}

}  // namespace yizhan::http

#include <fmt/format.h>

#include <charconv>

#include "http/server.h"

namespace yizhan::http {
namespace {

std::unexpected<Error> no_listen_address(std::string_view text, std::string_view why) {
  return fail("listen_address_invalid",
              fmt::format("'{}' is no address to listen on: {}; write address:port, [v6]:port, :port or localhost:port",
                          text, why));
}

}  // namespace

bool ListenAddress::loopback_only() const {
  ErrorCode error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

std::string ListenAddress::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return no_listen_address(text, "the port is missing");
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);

  ListenAddress address;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), address.port);
  if (error != std::errc{} || end != port_text.data() + port_text.size()) {
    return no_listen_address(text, "the port is not a number from 0 to 65535");
  }
  if (host.empty()) {
    address.host = "0.0.0.0";
    return address;
  }
  if (host == "localhost") {
    address.host = "127.0.0.1";
    return address;
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  ErrorCode invalid_literal;
  const auto literal = asio::ip::make_address(std::string(host), invalid_literal);
  if (invalid_literal) return no_listen_address(text, "names are not looked up, an address literal is needed");
  if (literal.is_v6() != bracketed) return no_listen_address(text, "IPv6 addresses, and only they, stand in brackets");
  address.host = literal.to_string();
  return address;
}

}  // namespace yizhan::http

#include "config/shape.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "base/utf8.h"

namespace yizhan::config {
namespace {

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A decimal number of at most `maximum`, without sign or blanks.
std::optional<unsigned> number_up_to(std::string_view text, unsigned maximum) {
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > maximum) return std::nullopt;
  return number;
}

bool is_address(int family, std::string_view text) {
  if (text.size() > INET6_ADDRSTRLEN) return false;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}
bool is_ipv4(std::string_view text) {
  return is_address(AF_INET, text);
}
bool is_ipv6(std::string_view text) {
  return is_address(AF_INET6, text);
}

/// Takes `:port` off the end; nothing when there is none.
std::optional<std::string_view> without_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !number_up_to(text.substr(colon + 1), 65535)) return std::nullopt;
  return text.substr(0, colon);
}

bool is_bracketed_ipv6(std::string_view text) {
  return text.starts_with('[') && text.ends_with(']') && is_ipv6(text.substr(1, text.size() - 2));
}

bool is_listen_address(std::string_view text) {
  const auto host = without_port(text);
  return host && (host->empty() || *host == "localhost" || is_ipv4(*host) || is_bracketed_ipv6(*host));
}

bool is_network(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const bool v4 = is_ipv4(address);
  if (!v4 && !is_ipv6(address)) return false;
  return slash == std::string_view::npos || number_up_to(text.substr(slash + 1), v4 ? 32 : 128).has_value();
}

bool is_dns_server(std::string_view text) {
  if (is_ipv4(text) || is_ipv6(text)) return true;
  const auto host = without_port(text);
  return host && (is_ipv4(*host) || is_bracketed_ipv6(*host));
}

bool is_printable(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f;
}

bool is_http_url(std::string_view text) {
  if (text.size() > 2048 || !std::ranges::all_of(text, is_printable)) return false;
  std::string scheme(text.substr(0, text.find("://")));
  std::ranges::transform(scheme, scheme.begin(), lower);
  if ((scheme != "http" && scheme != "https") || text.size() < scheme.size() + 3) return false;
  const std::string_view rest = text.substr(scheme.size() + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.contains('@') || rest.contains('#')) return false;
  std::string_view host = authority;
  if (const auto colon = authority.rfind(':'); colon != std::string_view::npos && !authority.ends_with(']')) {
    if (!number_up_to(authority.substr(colon + 1), 65535)) return false;
    host = authority.substr(0, colon);
  }
  if (host.starts_with('[')) return is_bracketed_ipv6(host);
  return !host.empty() && !host.contains(':');
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || is_letter(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

bool is_header_value(std::string_view text) {
  if (text.size() > 4096) return false;
  if (text.starts_with(' ') || text.starts_with('\t') || text.ends_with(' ') || text.ends_with('\t')) return false;
  return std::ranges::all_of(text, [](char c) { return c == ' ' || c == '\t' || is_printable(c); });
}

bool is_content_type(std::string_view text) {
  const std::string_view essence = text.substr(0, text.find(';'));
  const auto slash = essence.find('/');
  if (slash == std::string_view::npos || !is_header_value(text)) return false;
  std::string_view subtype = essence.substr(slash + 1);
  while (subtype.ends_with(' ')) subtype.remove_suffix(1);
  return is_token(essence.substr(0, slash)) && is_token(subtype);
}

bool is_signed_text(std::string_view text) {
  bool has_body = false;
  while (!text.empty()) {
    const auto open = text.find('{');
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    if (text.starts_with("{body}")) {
      has_body = true;
      text.remove_prefix(6);
    } else if (text.starts_with("{timestamp}")) {
      text.remove_prefix(11);
    } else if (text.starts_with("{id}")) {
      text.remove_prefix(4);
    } else {
      return false;
    }
  }
  return has_body;
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 64 || !(is_lower(text.front()) || is_digit(text.front()))) return false;
  return std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '_'; });
}

bool consists_of(std::string_view text, std::size_t longest, std::string_view others) {
  return !text.empty() && text.size() <= longest &&
         std::ranges::all_of(text, [others](char c) { return is_digit(c) || is_letter(c) || others.contains(c); });
}

bool is_host_name(std::string_view text) {
  return consists_of(text, 253, "-._") && !text.starts_with('.') && !text.starts_with('-') && !text.contains("..");
}

/// What needs quotes, blanks or another alphabet is left out: an address stands in headers and commands as it is.
bool is_mail_address(std::string_view text) {
  const auto at = text.rfind('@');
  return text.size() <= 254 && at != std::string_view::npos &&
         consists_of(text.substr(0, at), 64, "!#$%&'*+/=?^_`{|}~.-") && is_host_name(text.substr(at + 1));
}

/// Names joined by points; none of them empty.
bool is_field_path(std::string_view text) {
  return !text.empty() && text.size() <= 256 && !text.starts_with('.') && !text.ends_with('.') &&
         !text.contains("..") && std::ranges::all_of(text, is_printable);
}

/// How many bytes a padded base64 text stands for; nothing when it is none.
std::optional<std::size_t> base64_size(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  const bool valid =
      std::ranges::all_of(text, [](char c) { return is_digit(c) || is_letter(c) || c == '+' || c == '/'; });
  if (!valid) return std::nullopt;
  return (text.size() + padding) / 4 * 3 - padding;
}

bool is_standard_webhooks_secret(std::string_view text) {
  if (text.starts_with("whsec_")) text.remove_prefix(6);
  const auto size = base64_size(text);
  return size && *size >= 24 && *size <= 64;
}

bool is_standard_webhooks_key(std::string_view text) {
  if (!text.starts_with("whsk_")) return false;
  const auto size = base64_size(text.substr(5));
  return size && (*size == 32 || *size == 64);
}

}  // namespace

const Shape kSecretText{"text in one line without blanks at its ends, at most 4096 bytes",
                        [](std::string_view text) { return !text.empty() && is_header_value(text); }};
const Shape kFilePath{
    "a path", [](std::string_view text) { return !text.empty() && text.size() <= 4096 && !text.contains('\0'); }};
const Shape kListenAddress{"address:port, [v6]:port, :port (every interface) or localhost:port", is_listen_address};
const Shape kNetwork{"a network such as 10.0.0.0/8 or fd00::/8, or an address", is_network};
const Shape kDnsServer{"an address, address:port or [v6]:port", is_dns_server};
const Shape kHttpUrl{"an http:// or https:// URL without user name, blanks or fragment, at most 2048 characters",
                     is_http_url};
const Shape kStoreUrl{"sqlite:PATH or postgresql://user@host/database", [](std::string_view text) {
                        if (text.contains('\0')) return false;
                        for (const std::string_view scheme : {"sqlite:", "postgresql://", "postgres://"}) {
                          if (text.starts_with(scheme)) return text.size() > scheme.size();
                        }
                        return false;
                      }};
const Shape kHeaderName{"a header name (letters, digits, -, _)", is_token};
const Shape kHeaderValue{"printable text without blanks at its ends, at most 4096 bytes", is_header_value};
const Shape kContentType{"a media type such as application/json", is_content_type};
const Shape kSignedText{"text that holds {body} and, if wanted, {timestamp} and {id}", is_signed_text};
const Shape kRole{"receive, dispatch, push or console", [](std::string_view text) {
                    return text == "receive" || text == "dispatch" || text == "push" || text == "console";
                  }};
const Shape kName{"1 to 64 lower-case letters, digits, - and _, beginning with a letter or digit", is_name};
const Shape kPlaceInList{"a number from 1 to 1000", [](std::string_view text) {
                           const auto number = number_up_to(text, 1000);
                           return number && *number > 0 && !text.starts_with('0');
                         }};
const Shape kSourcePattern{"the name of a source, or * for every one",
                           [](std::string_view text) { return text == "*" || is_name(text); }};
const Shape kEventType{
    "an event type of at most 128 characters, in which * stands for any characters",
    [](std::string_view text) { return !text.empty() && text.size() <= 128 && is_header_value(text); }};
const Shape kAccount{"1 to 64 letters, digits, -, _ and ., and not only points", [](std::string_view text) {
                       return consists_of(text, 64, "-_.") && text.find_first_not_of('.') != std::string_view::npos;
                     }};
const Shape kIdentifier{"1 to 64 letters, digits, - and _",
                        [](std::string_view text) { return consists_of(text, 64, "-_"); }};
const Shape kCondition{"a condition such as \"resource.amount.total > 100\"",
                       [](std::string_view text) { return !text.empty() && is_header_value(text); }};
const Shape kFieldPath{"names joined by points, such as data.object.id", is_field_path};
const Shape kStatusPattern{
    "a state of at most 64 bytes such as DELIVERED, or * for every one",
    [](std::string_view text) { return !text.empty() && text.size() <= 64 && is_header_value(text) && is_utf8(text); }};
const Shape kTemplateText{"text in one line without blanks at its ends, at most 1024 bytes", [](std::string_view text) {
                            return !text.empty() && text.size() <= 1024 && is_header_value(text) && is_utf8(text);
                          }};
const Shape kHost{"a host's name or address, without a port",
                  [](std::string_view text) { return is_host_name(text) || is_ipv4(text) || is_ipv6(text); }};
const Shape kMailAddress{"an e-mail address such as ops@example.com", is_mail_address};
const Shape kPhoneNumber{"5 to 20 digits, + before them or not", [](std::string_view text) {
                           if (text.starts_with('+')) text.remove_prefix(1);
                           return text.size() >= 5 && text.size() <= 20 && std::ranges::all_of(text, is_digit);
                         }};
const Shape kSmsValue{"title, state, subject, count, since or rule", [](std::string_view text) {
                        static constexpr std::array<std::string_view, 6> kValues{"title", "state", "subject",
                                                                                 "count", "since", "rule"};
                        return std::ranges::find(kValues, text) != kValues.end();
                      }};
const Shape kStandardWebhooksSecret{"base64 of 24 to 64 random bytes, with or without whsec_ before it",
                                    is_standard_webhooks_secret};
const Shape kStandardWebhooksKey{"whsk_ and the base64 of an ed25519 private key (32 or 64 bytes)",
                                 is_standard_webhooks_key};

bool same_header(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) { return lower(a) == lower(b); });
}

bool is_reserved_header(std::string_view name) {
  // Framing and connection belong to the HTTP client; the type has a setting of its own; the lane says who calls; the
  // signatures' are written per attempt.
  static constexpr std::array<std::string_view, 16> kReserved{"host",
                                                              "content-length",
                                                              "transfer-encoding",
                                                              "connection",
                                                              "keep-alive",
                                                              "te",
                                                              "trailer",
                                                              "upgrade",
                                                              "expect",
                                                              "content-type",
                                                              "user-agent",
                                                              "webhook-id",
                                                              "webhook-timestamp",
                                                              "webhook-signature",
                                                              "proxy-authorization",
                                                              "proxy-connection"};
  return std::ranges::any_of(kReserved, [name](std::string_view reserved) { return same_header(name, reserved); });
}

}  // namespace yizhan::config

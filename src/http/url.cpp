#include <fmt/format.h>

#include <charconv>

#include "base/ascii.h"
#include "http/client.h"
#include "http/url_for_people.h"

namespace yizhan::http {
namespace {

constexpr std::size_t kLongestUrl = 2048;

std::unexpected<Error> no_url(std::string_view text, std::string_view why) {
  return fail("url_invalid", fmt::format("The URL '{}' cannot be used: {}.", url_for_people(text), why));
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_folded(std::string_view text, std::string_view lower_prefix) {
  if (text.size() < lower_prefix.size()) return false;
  for (std::size_t i = 0; i < lower_prefix.size(); ++i) {
    if (lower(text[i]) != lower_prefix[i]) return false;
  }
  return true;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_';
}

/// What the URL standard calls "ends in a number": such a host is an IPv4 address or nothing, never a name.
bool ends_in_number(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::size_t dot = host.rfind('.');
  const std::string_view label = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (label.empty()) return false;
  if (label.starts_with("0x")) return label.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
  return label.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Empty reason when `host` (lower case) is a well-formed DNS name.
std::string_view name_problem(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return "it names no host";
  if (host.size() > 253) return "its host name is longer than 253 characters";
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (label.empty()) return "its host name has an empty label";
    if (label.size() > 63) return "its host name has a label longer than 63 characters";
    if (dot == std::string_view::npos) return {};
    host.remove_prefix(dot + 1);
  }
}

/// Fills host and host_header from the authority's host part. Returns a reason when it is not one.
std::string_view read_host(std::string_view text, Url& url) {
  if (text.empty()) return "it names no host";
  if (text.front() == '[') {
    if (text.back() != ']') return "its IPv6 address is not closed by ']'";
    const std::string_view inside = text.substr(1, text.size() - 2);
    if (inside.find('%') != std::string_view::npos) return "an IPv6 zone names an interface of this machine";
    const auto address = inside.find(':') == std::string_view::npos ? std::nullopt : parse_address_literal(inside);
    if (!address) return "its IPv6 address is malformed";
    url.host = address->to_string();
    url.host_header = fmt::format("[{}]", url.host);
    return {};
  }
  for (const char c : text) {
    const char folded = lower(c);
    if (static_cast<unsigned char>(c) >= 0x80) return "its host name is not ASCII: write it in its xn-- form";
    if (!is_name_character(folded)) return "its host name has a character that no name has";
    url.host.push_back(folded);
  }
  if (const auto address = parse_address_literal(url.host)) {
    url.host = address->to_string();  // 0x7f.1 and 127.0.0.1 are one host, and are shown as what they are
  } else if (ends_in_number(url.host)) {
    return "its host looks like an IPv4 address and is none";
  } else if (const auto problem = name_problem(url.host); !problem.empty()) {
    return problem;
  }
  url.host_header = url.host;
  return {};
}

/// The target as it is sent: bytes beyond ASCII are percent-encoded, all others stay as they are.
std::string encode_target(std::string_view target) {
  std::string encoded;
  encoded.reserve(target.size() + 1);
  if (target.empty() || target.front() != '/') encoded.push_back('/');
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      encoded.push_back(c);
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

}  // namespace

std::string url_for_people(std::string_view text) {
  std::string_view shown = text.substr(0, std::min(text.find('?'), std::size_t{200}));
  const bool has_user = text.find('@') != std::string_view::npos;
  if (has_user) shown = shown.substr(0, std::min(shown.find("//"), shown.size()));
  std::string printable;
  for (const char c : shown) printable.push_back(c >= 0x20 && c < 0x7f ? c : '?');
  return has_user ? printable + "..." : printable;
}

std::string Url::origin() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", tls ? "https" : "http", bracketed ? "[" : "", host, bracketed ? "]" : "", port);
}

std::string Url::without_query() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", host_header,
                     std::string_view(target).substr(0, target.find('?')));
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kLongestUrl) return no_url(text, fmt::format("it is longer than {} characters", kLongestUrl));
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) return no_url(text, "it has a space or a control character in it");
  }
  Url url;
  if (starts_with_folded(text, "https://")) {
    url.tls = true;
  } else if (!starts_with_folded(text, "http://")) {
    return no_url(text, "it must begin with http:// or https://");
  }
  const std::string_view rest = text.substr(url.tls ? 8 : 7);
  if (rest.find('#') != std::string_view::npos) return no_url(text, "a fragment (#) is never sent to a server");
  // A backslash is a slash to some readers and a name character to others: whoever vets must not guess.
  if (rest.find('\\') != std::string_view::npos) return no_url(text, "it has a backslash in it");

  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos) {
    return no_url(text, "user information (user@host) is not supported: use a header");
  }
  url.port = url.tls ? 443 : 80;
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    unsigned port = 0;
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (status != std::errc{} || end != digits.data() + digits.size() || port == 0 || port > 65535) {
      return no_url(text, "its port must be a number from 1 to 65535");
    }
    authority = authority.substr(0, colon);
    url.port = static_cast<std::uint16_t>(port);
  }
  if (const auto problem = read_host(authority, url); !problem.empty()) return no_url(text, problem);
  if (url.port != (url.tls ? 443 : 80)) url.host_header += fmt::format(":{}", url.port);
  url.target = encode_target(rest.substr(authority_end));
  return url;
}

Result<Url> join_url(std::string_view base, std::string_view target) {
  if (target.empty()) return parse_url(base);
  if (starts_with_folded(target, "http://") || starts_with_folded(target, "https://")) return parse_url(target);
  if (target.front() != '/') return no_url(target, "it is neither a full URL nor a path that begins with '/'");
  // The base's path comes first, then the target's; the base's query (a token, say) is kept before the target's.
  const std::size_t base_question = std::min(base.find('?'), base.size());
  const std::size_t target_question = std::min(target.find('?'), target.size());
  std::string_view base_path = base.substr(0, base_question);
  if (base_path.ends_with('/')) base_path.remove_suffix(1);
  std::string joined = fmt::format("{}{}", base_path, target.substr(0, target_question));
  for (const std::string_view query : {base.substr(base_question), target.substr(target_question)}) {
    if (query.size() <= 1) continue;
    joined.push_back(joined.find('?') == std::string::npos ? '?' : '&');
    joined.append(query.substr(1));
  }
  return parse_url(joined);
}

}  // namespace yizhan::http

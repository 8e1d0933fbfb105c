#include "http/request_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/ascii.h"
#include "http/list_field.h"

namespace yizhan::http {
namespace {

enum CharacterClass : unsigned char { kToken = 1, kValue = 2, kTarget = 4, kHost = 8 };

/// RFC 9110: tchar (5.6.2), field-content with obs-text (5.5); RFC 3986: the characters of a target and of a host.
constexpr auto kClasses = [] {
  std::array<unsigned char, 256> table{};
  const auto mark = [&](std::string_view characters, CharacterClass what) {
    for (const char character : characters) {
      auto& entry = table[static_cast<unsigned char>(character)];
      entry = static_cast<unsigned char>(entry | what);
    }
  };
  constexpr std::string_view kAlphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  mark(kAlphanumeric, kToken);
  mark("!#$%&'*+-.^_`|~", kToken);
  mark(kAlphanumeric, kHost);
  mark("-._~!$&'()*+;=:[]%", kHost);
  for (unsigned byte = 0x20; byte < 256; ++byte) {
    if (byte != 0x7f) table[byte] |= kValue;
    if (byte > 0x20 && byte < 0x7f) table[byte] |= kTarget;
  }
  table['\t'] |= kValue;
  return table;
}();

bool all_of_class(std::string_view text, CharacterClass what) {
  return std::all_of(text.begin(), text.end(),
                     [&](char character) { return (kClasses[static_cast<unsigned char>(character)] & what) != 0; });
}

Refusal malformed(std::string detail) {
  return {"request_malformed", std::move(detail)};
}

/// Fields that decide about framing, gathered while the fields are read.
struct Seen {
  bool host = false;
  bool content_length = false;
  bool transfer_encoding = false;
  bool close = false;
  bool keep_alive = false;
  std::string_view host_value;
};

std::optional<Refusal> read_request_line(std::string_view line, ServerRequest& request, Framing& framing,
                                         std::string_view& authority) {
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return malformed("the first line is not 'METHOD target HTTP/1.1'");
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);

  if (request.method.empty() || !all_of_class(request.method, kToken)) {
    return malformed("the method is not a token");
  }
  if (version == "HTTP/1.1") {
    framing.http_1_0 = false;
  } else if (version == "HTTP/1.0") {
    framing.http_1_0 = true;
  } else if (version.size() == 8 && version.starts_with("HTTP/") && version[5] >= '0' && version[5] <= '9' &&
             version[6] == '.' && version[7] >= '0' && version[7] <= '9') {
    return Refusal{"version_unsupported", fmt::format("the request says {}", version)};
  } else {
    return malformed("the first line does not end with a version like HTTP/1.1");
  }

  if (request.target.empty() || !all_of_class(request.target, kTarget)) {
    return malformed("the target is empty or has characters that must be percent-encoded");
  }
  std::string_view path = request.target;
  if (path.front() != '/') {
    // absolute-form, as sent to a proxy; its authority must then agree with Host.
    const auto scheme_end = path.find("://");
    if (scheme_end != std::string_view::npos && (equals_ignoring_case(path.substr(0, scheme_end), "http") ||
                                                 equals_ignoring_case(path.substr(0, scheme_end), "https"))) {
      path.remove_prefix(scheme_end + 3);
      const auto path_start = std::min(path.find_first_of("/?"), path.size());
      authority = path.substr(0, path_start);
      path.remove_prefix(path_start);
      if (authority.empty() || !all_of_class(authority, kHost)) return malformed("the target's authority is no host");
      if (path.empty()) path = "/";
      if (path.front() == '?') return malformed("the target has no path");
    } else if (!(path == "*" && request.method == "OPTIONS")) {
      return malformed("the target does not begin with '/'");
    }
  }
  const auto question = path.find('?');
  request.path = path.substr(0, question);
  request.query = question == std::string_view::npos ? std::string_view{} : path.substr(question + 1);
  return std::nullopt;
}

std::optional<Refusal> read_content_length(std::string_view value, Seen& seen, Framing& framing) {
  if (seen.content_length) return malformed("there are two Content-Length fields");
  seen.content_length = true;
  const bool digits =
      !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return malformed("Content-Length is not a number");
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), framing.content_length);
  if (error != std::errc{}) return Refusal{"body_too_large", "the Content-Length exceeds 64 bits"};
  return std::nullopt;
}

std::optional<Refusal> read_transfer_encoding(std::string_view value, Seen& seen, Framing& framing) {
  if (seen.transfer_encoding) return malformed("there are two Transfer-Encoding fields");
  seen.transfer_encoding = true;
  if (equals_ignoring_case(value, "chunked")) {
    framing.chunked = true;
    return std::nullopt;
  }
  // Known codings before a final "chunked" are proper HTTP that this server does not speak; anything else is an attack
  // or a defect.
  bool known = true;
  std::string_view last;
  for_each_member(value, [&](std::string_view coding) {
    known = known && (last.empty() || !equals_ignoring_case(last, "chunked"));
    known = known && (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "deflate") ||
                      equals_ignoring_case(coding, "compress") || equals_ignoring_case(coding, "chunked"));
    last = coding;
  });
  if (known && equals_ignoring_case(last, "chunked")) {
    return Refusal{"transfer_coding_unsupported", fmt::format("the request says '{}'", value)};
  }
  return malformed("Transfer-Encoding is not 'chunked'");
}

std::optional<Refusal> read_special_field(std::string_view name, std::string_view value, Seen& seen, Framing& framing) {
  switch (name.size()) {
    case 4:
      if (!equals_ignoring_case(name, "host")) break;
      if (seen.host) return malformed("there are two Host fields");
      if (!all_of_class(value, kHost)) return malformed("Host is not a host");
      seen.host = true;
      seen.host_value = value;
      break;
    case 6:
      if (!equals_ignoring_case(name, "expect")) break;
      if (!equals_ignoring_case(value, "100-continue")) return Refusal{"expectation_unknown", "the field Expect"};
      framing.expect_continue = true;
      break;
    case 10:
      if (!equals_ignoring_case(name, "connection")) break;
      for_each_member(value, [&](std::string_view option) {
        seen.close = seen.close || equals_ignoring_case(option, "close");
        seen.keep_alive = seen.keep_alive || equals_ignoring_case(option, "keep-alive");
      });
      break;
    case 14:
      if (equals_ignoring_case(name, "content-length")) return read_content_length(value, seen, framing);
      break;
    case 17:
      if (equals_ignoring_case(name, "transfer-encoding")) return read_transfer_encoding(value, seen, framing);
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<Refusal> check_together(const Seen& seen, std::string_view authority, Framing& framing) {
  if (!seen.host && !framing.http_1_0) return malformed("the field Host is missing");
  if (seen.host && !framing.http_1_0 && seen.host_value.empty()) return malformed("the field Host is empty");
  if (!authority.empty() && seen.host && authority != seen.host_value) {
    return malformed("the target and the field Host name different hosts");
  }
  if (seen.transfer_encoding && seen.content_length) {
    return malformed("there are both Content-Length and Transfer-Encoding");
  }
  if (seen.transfer_encoding && framing.http_1_0) return malformed("HTTP/1.0 has no Transfer-Encoding");
  framing.keep_alive = !seen.close && (!framing.http_1_0 || seen.keep_alive);
  if (framing.http_1_0) framing.expect_continue = false;
  return std::nullopt;
}

}  // namespace

std::expected<std::size_t, Refusal> HeadScanner::scan(std::string_view bytes, std::size_t head_limit) {
  const std::string_view within = bytes.substr(0, head_limit);
  // Before the first line is complete, a first byte that begins no method tells other protocols apart at once.
  if (scanned_ == 0 && !within.empty() && !all_of_class(within.substr(0, 1), kToken)) {
    return std::unexpected(malformed("the request does not begin with a method"));
  }
  while (scanned_ < within.size()) {
    const void* found = std::memchr(within.data() + scanned_, '\n', within.size() - scanned_);
    if (found == nullptr) {
      scanned_ = within.size();
      break;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - within.data());
    scanned_ = at + 1;
    if (at == 0 || within[at - 1] != '\r') {
      return std::unexpected(malformed("a line ends with LF alone; lines end with CR LF"));
    }
    const std::size_t length = at - 1 - line_start_;
    if (line_start_ == 0 && length > kRequestLineLimit) break;
    if (length == 0) return scanned_;
    line_start_ = scanned_;
  }
  if (line_start_ == 0 && scanned_ > kRequestLineLimit) {
    return std::unexpected(Refusal{"target_too_long", fmt::format("the limit is {} bytes", kRequestLineLimit)});
  }
  if (scanned_ >= head_limit) {
    return std::unexpected(Refusal{"head_too_large", fmt::format("the limit is {} bytes", head_limit)});
  }
  return 0;
}

std::optional<Refusal> check_field_line(std::string_view line, std::size_t& name_length) {
  name_length = 0;
  while (name_length < line.size() && (kClasses[static_cast<unsigned char>(line[name_length])] & kToken) != 0) {
    ++name_length;
  }
  if (name_length == 0) {
    return malformed(!line.empty() && (line[0] == ' ' || line[0] == '\t') ? "a field is folded over two lines"
                                                                          : "a field has no name");
  }
  if (name_length == line.size() || line[name_length] != ':') {
    return malformed("a field's name is not a token followed by a colon");
  }
  if (!all_of_class(line.substr(name_length + 1), kValue)) return malformed("a field has a control character");
  return std::nullopt;
}

std::optional<Refusal> parse_head(std::string_view head, std::size_t field_limit, ServerRequest& request,
                                  Framing& framing) {
  framing = Framing{};
  request.headers.clear();
  Seen seen;
  std::string_view authority;
  const auto take_line = [&] {
    const auto end = head.find('\n');  // the scanner has seen a CR before each
    const std::string_view line = head.substr(0, end - 1);
    head.remove_prefix(end + 1);
    return line;
  };
  if (auto refusal = read_request_line(take_line(), request, framing, authority)) return refusal;
  while (true) {
    const std::string_view line = take_line();
    if (line.empty()) break;
    std::size_t name_length = 0;
    if (auto refusal = check_field_line(line, name_length)) return refusal;
    if (request.headers.size() == field_limit) {
      return Refusal{"head_too_large", fmt::format("the limit is {} fields", field_limit)};
    }
    const std::string_view name = line.substr(0, name_length);
    const std::string_view value = trimmed(line.substr(name_length + 1));
    request.headers.emplace_back(name, value);
    if (auto refusal = read_special_field(name, value, seen, framing)) return refusal;
  }
  return check_together(seen, authority, framing);
}

std::string_view ServerRequest::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (equals_ignoring_case(field, name)) return value;
  }
  return {};
}

}  // namespace yizhan::http

#include "receive/record_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/plain_run.h"
#include "base/utf8.h"
#include "http/ascii_case.h"
#include "http/percent_encoding.h"

namespace yizhan::receive {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

/// Headers that carry credentials whoever sends them.
constexpr std::array<std::string_view, 8> kSecretHeaders{
    "Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Api-Key", "X-Auth-Token", "X-Access-Token", "Token",
};

/// The length of the character at the front of `text` if it may stay as it is, else 0.
std::size_t kept_length(std::string_view text) {
  if (is_printable_ascii(text.front())) return 1;
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return 0;
  const std::size_t length = utf8_sequence_length(text);
  // U+0080 to U+009F are control characters, too.
  const bool control = first == 0xc2 && length == 2 && static_cast<unsigned char>(text[1]) < 0xa0;
  return control ? 0 : length;
}

bool names_a_secret(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kParts{"token", "secret", "passw", "credential"};
  static constexpr std::array<std::string_view, 3> kWhole{"pwd", "auth", "authorization"};
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), http::lower_ascii);
  const auto contains = [&](std::string_view part) { return lower.find(part) != std::string::npos; };
  return std::ranges::any_of(kParts, contains) || std::ranges::find(kWhole, lower) != kWhole.end() ||
         lower.ends_with("key");
}

/// A name is judged as whoever reads the query would: decoded.
bool is_secret_parameter(std::string_view name) {
  if (name.find_first_of("%+") == std::string_view::npos) return names_a_secret(name);
  const auto decoded = http::percent_decoded_bytes(name, true);
  return names_a_secret(decoded ? *decoded : name);
}

}  // namespace

void append_recordable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t plain = printable_run(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const std::size_t length = kept_length(text);
    out += length > 0 ? text.substr(0, length) : kReplacement;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

std::string recordable(std::string_view text, std::size_t limit) {
  if (text.size() <= limit && printable_run(text) == text.size()) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::size_t length = kept_length(text);
    const std::string_view piece = length > 0 ? text.substr(0, length) : kReplacement;
    if (out.size() + piece.size() > limit) break;
    out += piece;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

bool is_recordable(std::string_view text) {
  while (true) {
    text.remove_prefix(printable_run(text));
    if (text.empty()) return true;
    const std::size_t length = kept_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

HeaderRecord::HeaderRecord(std::vector<std::string> secret_headers) : secret_headers_(std::move(secret_headers)) {
  secret_headers_.insert(secret_headers_.end(), kSecretHeaders.begin(), kSecretHeaders.end());
}

bool HeaderRecord::is_secret(std::string_view name) const {
  return std::ranges::any_of(secret_headers_,
                             [&](const std::string& secret) { return http::equals_ignoring_case(secret, name); });
}

std::string HeaderRecord::text(const http::ServerRequest& request) const {
  std::string out;
  std::size_t size = 0;
  for (const auto& [name, value] : request.headers) size += name.size() + value.size() + 3;
  out.reserve(size);
  for (const auto& [name, value] : request.headers) {
    out += name;
    out += ": ";
    if (is_secret(name)) {
      out += kRedacted;
    } else {
      append_recordable(out, value);
    }
    out += '\n';
  }
  return out;
}

std::string target_record(const http::ServerRequest& request) {
  std::string out;
  append_recordable(out, request.path);
  std::string_view query = request.query;
  for (char separator = '?'; query.data() != nullptr; separator = '&') {
    const std::size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    const std::size_t equals = part.find('=');
    const bool secret = equals != std::string_view::npos && is_secret_parameter(part.substr(0, equals));
    out += separator;
    append_recordable(out, secret ? part.substr(0, equals + 1) : part);
    if (secret) out += kRedacted;
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return out;
}

}  // namespace yizhan::receive

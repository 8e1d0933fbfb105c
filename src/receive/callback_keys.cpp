#include "receive/callback_keys.h"

#include <algorithm>

#include "base/utf8.h"
#include "receive/field_reader.h"
#include "verify/digest.h"

namespace yizhan::receive {
namespace {

constexpr std::size_t kLongestKey = 255;

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace

std::string idempotency_key(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (const std::string_view part : parts) {
    if (!key.empty()) key += '/';
    key += part;
  }
  return key.empty() || key.size() > kLongestKey || has_control(key) || !is_utf8(key) ? digest_key(key) : key;
}

std::string digest_key(std::string_view content) {
  return "sha256:" + verify::sha256_hex(content);
}

void add_key(Notice& notice, std::string_view name, std::string_view value) {
  if (is_identifier(value)) notice.keys.push_back({std::string(name), std::string(value)});
}

}  // namespace yizhan::receive

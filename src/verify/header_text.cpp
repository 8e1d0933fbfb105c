#include "verify/header_text.h"

#include <algorithm>

namespace yizhan::verify {
namespace {

constexpr std::string_view kDelimiters = "\"(),/:;<=>?@[\\]{}";  // RFC 9110 section 5.6.2

bool is_visible(char c) {
  return c > 0x20 && c < 0x7f;
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

void append_header_text(std::string& out, std::string_view text) {
  if (std::ranges::all_of(text, is_visible)) {
    out += text;
    return;
  }
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_visible(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return is_visible(c) && !kDelimiters.contains(c); });
}

bool same_header_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) { return to_lower(a) == to_lower(b); });
}

}  // namespace yizhan::verify

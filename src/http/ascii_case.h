// Names of HTTP are compared without regard to case, in ASCII only (RFC 9110 section 5.1).
#pragma once

#include <cstddef>
#include <string_view>

namespace yizhan::http {

constexpr char lower_ascii(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character | 0x20) : character;
}

constexpr bool equals_ignoring_case(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (lower_ascii(left[i]) != lower_ascii(right[i])) return false;
  }
  return true;
}

}  // namespace yizhan::http

// The value of one hexadecimal digit.
#pragma once

namespace yizhan {

/// 0 to 15, of either case; -1 for anything else.
constexpr int hex_digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace yizhan

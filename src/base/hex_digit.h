// The value of one hexadecimal digit.
#pragma once

#include <array>

namespace yizhan {

/// Of every byte: digits of signatures come at random, and a chain of comparisons is guessed wrong at each second one.
inline constexpr auto kHexDigitValues = [] {
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (signed char value = 0; value < 16; ++value) {
    values[static_cast<unsigned char>("0123456789abcdef"[value])] = value;
    values[static_cast<unsigned char>("0123456789ABCDEF"[value])] = value;
  }
  return values;
}();

/// 0 to 15, of either case; -1 for anything else.
constexpr int hex_digit_value(char digit) {
  return kHexDigitValues[static_cast<unsigned char>(digit)];
}

}  // namespace yizhan

// Characters of ASCII, whatever the locale. Pure functions.
#pragma once

#include <string_view>

namespace yizhan {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Without the blanks and tabs at both ends: a part of `text`.
constexpr std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace yizhan

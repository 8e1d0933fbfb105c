// How far a text is plain: what needs no look at its single characters is passed eight bytes at a time. Most of what is
// read, logged and put on record is plain.
#pragma once

#include <cstddef>
#include <string_view>

namespace yizhan {

/// Printable ASCII (0x20 to 0x7e).
constexpr bool is_printable_ascii(char character) {
  return character >= 0x20 && character < 0x7f;
}

/// Printable ASCII that stands for itself inside a JSON string: no quote, no backslash.
constexpr bool is_plain_json(char character) {
  return is_printable_ascii(character) && character != '"' && character != '\\';
}

/// The number of characters at the front of `text` that are printable ASCII.
std::size_t printable_run(std::string_view text);

/// Likewise of those that stand for themselves inside a JSON string.
std::size_t plain_json_run(std::string_view text);

}  // namespace yizhan

// UTF-8 as RFC 3629 allows it: shortest form, no surrogates, at most U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace yizhan {

/// The length of the valid UTF-8 sequence at the front of `text`, which is not empty; 0 when there is none.
std::size_t utf8_sequence_length(std::string_view text);

bool is_utf8(std::string_view text);

/// The longest beginning of `text` that has at most `longest` bytes and ends between two sequences.
std::string_view utf8_prefix(std::string_view text, std::size_t longest);

/// `text` in one line of at most `longest` bytes, for lists, logs and messages: control characters become blanks, it is
/// cut as utf8_prefix() does.
std::string one_line(std::string_view text, std::size_t longest);

/// Appends the sequence of a code point, which is no surrogate and at most U+10FFFF.
void append_utf8(std::string& out, std::uint32_t code_point);

}  // namespace yizhan

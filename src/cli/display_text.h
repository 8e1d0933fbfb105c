// Text on a terminal: how many columns it takes, how it is cut to fit, and how text that strangers wrote (payloads,
// responses, error messages) is made harmless, so that it can neither move the cursor nor forge a line.
#pragma once

#include <string>
#include <string_view>

namespace yizhan::cli {

/// Columns that printable UTF-8 takes: two for wide characters (CJK, full-width forms, emoji), none for combining
/// marks.
int display_width(std::string_view text);

/// One line of valid UTF-8: line ends and other control characters become `\n`, `\t`, `\x1b`; characters that
/// reorder or hide text become `\u{202e}`; bytes that are not UTF-8 become U+FFFD.
std::string printable(std::string_view text);

/// The front of printable text that fits into `columns`, with `…` as the last column where something was cut off.
std::string cut_to_width(std::string_view text, int columns);

/// `text` padded with spaces to `columns`; longer text is left as it is.
std::string padded_right(std::string_view text, int columns);
std::string padded_left(std::string_view text, int columns);

/// Breaks words onto lines of at most `columns`; each line after the first begins with `indent` spaces. A word that is
/// longer than a line is left whole. `columns` 0: one line. `used`: columns taken already on the first line.
std::string wrapped(std::string_view text, int columns, int indent, int used = 0);

}  // namespace yizhan::cli

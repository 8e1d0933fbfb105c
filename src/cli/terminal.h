// Where a command reads and writes, and what is at the other end. Tests give it strings instead.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace yizhan::cli {

struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  /// Columns that a line may take on `out`; 0: no limit, because a program or a file reads it.
  int width = 0;
  bool color = false;
};

/// Standard input, output and error of this process. Colour when output is a terminal, unless NO_COLOR is set or TERM
/// is `dumb`; the width is the terminal's, or COLUMNS.
Terminal process_terminal();

/// How a piece of text stands out. Colour carries nothing that the words do not say too.
enum class Style { kPlain, kStrong, kFaint, kGood, kWarning, kBad };

/// `text` itself when `color` is false.
std::string styled(std::string_view text, Style style, bool color);

}  // namespace yizhan::cli

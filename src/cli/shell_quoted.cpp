#include "cli/shell_quoted.h"

namespace yizhan::cli {

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char character : text) {
    if (character == '\'') {
      out += "'\\''";
    } else {
      out += character;
    }
  }
  return out + "'";
}

}  // namespace yizhan::cli

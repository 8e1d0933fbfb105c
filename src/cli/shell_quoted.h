// Text as one word of a shell.
#pragma once

#include <string>
#include <string_view>

namespace yizhan::cli {

/// In single quotes, for sh, bash, zsh and fish; one inside becomes `'\''`.
std::string shell_quoted(std::string_view text);

}  // namespace yizhan::cli

// Scripts with which a shell completes this program's commands and options, made from the command line's own
// description.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace yizhan::cli {

enum class Shell { kBash, kZsh, kFish };
/// `bash`, `zsh`, `fish`.
std::optional<Shell> parse_shell(std::string_view name);

std::string completion_script(Command root, Shell shell);

}  // namespace yizhan::cli

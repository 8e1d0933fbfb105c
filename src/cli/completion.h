// Scripts with which a shell completes this program's commands and options, made from the command line's own
// description.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace yizhan::cli {

enum class Shell { kBash, kZsh, kFish };
/// `bash`, `zsh`, `fish`.
std::optional<Shell> parse_shell(std::string_view name);

std::string completion_script(const CLI::App& root, Shell shell);

}  // namespace yizhan::cli

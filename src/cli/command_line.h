// How the command line is built, explained and read: the program's own help, and what it says to a mistake.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/command.h"
#include "cli/context.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace yizhan::cli {

struct Example {
  std::string_view command;
  std::string_view says;  ///< what it does; a few words
};

/// The groups under which the help of the program lists its commands.
inline constexpr const char* kRunGroup = "Run";
inline constexpr const char* kLookGroup = "Look";
inline constexpr const char* kActGroup = "Act";
inline constexpr const char* kSetUpGroup = "Set up";

/// Adds a command. `summary` is one line for lists; `explanation` follows it in the command's own help.
Command add_command(Command parent, const std::string& name, const std::string& summary, const std::string& explanation,
                    std::initializer_list<Example> examples);
/// Sets what the command does when it is the one that was named. `work` is called after everything was parsed.
void on_run(Command command, Context& context, std::function<Result<ExitStatus>()> work);

/// Adds --config, --store, --data-dir, --set, --json, --no-color; makes the help ours.
void set_up_root(CLI::App& root, Context& context);

/// The help text of a command, in our form. `width` 0: 100 columns.
std::string help_text(const CLI::App& command, const Terminal& terminal);

/// What is wrong with a command line and what was probably meant. Code `usage_invalid`.
Error explain(const CLI::ParseError& error, const CLI::App& root);

/// The command that was named, the deepest one.
const CLI::App& named_command(const CLI::App& root);
/// `yizhan events show`
std::string full_name(const CLI::App& command);

}  // namespace yizhan::cli

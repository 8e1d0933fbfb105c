// The commands of the program. START HERE: main() calls run(); commands.h lists the commands, each in a file of its
// own; context.h is what they are given.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"
#include "config/load.h"

namespace yizhan::cli {

/// Runs the command line of this process. Answers its exit status (cli/exit_status.h). Errors go to standard error as
/// `yizhan: <message> [<code>]`.
int run(int argc, char** argv);

/// The same with everything passed in. `arguments` without the program's name.
int run(const std::vector<std::string>& arguments, Terminal& terminal, const config::Variables& environment);

}  // namespace yizhan::cli

#include "base/version.h"

#include <ostream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"

namespace yizhan::cli {

void add_version(Command parent, Context& context) {
  const Command command =
      add_command(parent, "version", "print the version", "", {{"yizhan version --json", "for a program"}});
  command.group(kSetUpGroup);
  on_run(command, context, [&context]() -> Result<ExitStatus> {
    if (context.options.json) {
      context.out()
          << JsonWriter().begin_object().text("version", version()).text("compiler", __VERSION__).end_object().take()
          << '\n';
    } else {
      context.out() << "yizhan " << version() << '\n';
    }
    return ExitStatus::kOk;
  });
}

}  // namespace yizhan::cli

#include "base/version.h"

#include <ostream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_record.h"

namespace yizhan::cli {

void add_version(CLI::App& parent, Context& context) {
  CLI::App* command =
      add_command(parent, "version", "print the version", "", {{"yizhan version --json", "for a program"}});
  command->group(kSetUpGroup);
  on_run(*command, context, [&context]() -> Result<ExitStatus> {
    if (context.options.json) {
      context.out() << JsonRecord().text("version", version()).text("compiler", __VERSION__).str() << '\n';
    } else {
      context.out() << "yizhan " << version() << '\n';
    }
    return ExitStatus::kOk;
  });
}

}  // namespace yizhan::cli

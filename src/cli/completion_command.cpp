#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/completion.h"

namespace yizhan::cli {

void add_completion(Command parent, Context& context) {
  auto name = std::make_shared<std::string>();
  const Command command =
      add_command(parent, "completion", "print a script with which the shell completes commands and options", "",
                  {{"source <(yizhan completion bash)", "for this shell; put it into ~/.bashrc to keep it"},
                   {"yizhan completion zsh > ~/.zfunc/_yizhan", "zsh, with ~/.zfunc in fpath"},
                   {"yizhan completion fish > ~/.config/fish/completions/yizhan.fish", "fish"}});
  command.group(kSetUpGroup);
  command.add_option("shell", *name, "the shell").type_name("bash|zsh|fish").required();
  on_run(command, context, [&context, parent, name]() -> Result<ExitStatus> {
    const auto shell = parse_shell(*name);
    if (!shell) return fail("usage_invalid", fmt::format("'{}' is none of bash, zsh, fish", *name));
    context.out() << completion_script(parent, *shell);
    return ExitStatus::kOk;
  });
}

}  // namespace yizhan::cli

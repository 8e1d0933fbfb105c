#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "cli/background.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/readable.h"

namespace yizhan::cli {
namespace {

/// On top of the service's own grace time: to close the store and to end.
constexpr Seconds kEnding{10};

struct DownOptions {
  bool kill = false;
};

Result<ExitStatus> run(const Context& context, const DownOptions& options) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const auto running = find_background(loaded->config.data_dir);
  if (!running) return std::unexpected(running.error());
  if (!*running) {
    context.out() << fmt::format("Nothing runs in the background in {}.\n", loaded->config.data_dir);
    return ExitStatus::kOk;
  }
  const Milliseconds patience = loaded->config.stop_grace + kEnding;
  const auto stopped = stop_background(**running, patience, options.kill);
  if (!stopped) return std::unexpected(stopped.error());
  if (!*stopped) {
    return fail("still_running",
                fmt::format("pid {} has not ended within {}: 'yizhan down --kill' ends it; what was in "
                            "hand is taken up again at the next start",
                            (*running)->pid, readable_span(patience)));
  }
  context.out() << fmt::format("Stopped, pid {}.\n", (*running)->pid);
  return ExitStatus::kOk;
}

}  // namespace

void add_down(Command parent, Context& context) {
  auto options = std::make_shared<DownOptions>();
  const Command command = add_command(
      parent, "down", "stop the service that runs in the background",
      "It takes no more callbacks and events, finishes what is in flight within stop_grace_seconds and gives back the "
      "rest; this command waits for its end. Without a service it does nothing.",
      {{"yizhan down", "stop in order"}, {"yizhan down --kill", "end it in any case when its time is over"}});
  command.group(kRunGroup);
  command.add_flag("--kill", options->kill, "SIGKILL if it has not ended by then; nothing that was accepted is lost");
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>

#include "cli/background.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/serve_options.h"

namespace yizhan::cli {
namespace {

/// The arguments under which `serve` loads the configuration that `up` was given.
std::vector<std::string> serve_arguments(const Context& context, const std::vector<config::Flag>& flags) {
  std::vector<std::string> arguments;
  const auto add = [&](const std::string& option, const std::string& value) {
    if (value.empty()) return;
    arguments.push_back(option);
    arguments.push_back(value);
  };
  add("--config", context.options.config_file);
  add("--store", context.options.store_url);
  add("--data-dir", context.options.data_dir);
  for (const std::string& setting : context.options.settings) add("--set", setting);
  arguments.emplace_back("serve");
  for (const config::Flag& flag : flags) add(flag.shown_as, flag.value);
  return arguments;
}

Result<ExitStatus> run_up(Context& context, const ServeOptions& options) {
  const auto flags = options.flags();
  context.flags = flags;
  // What is wrong with the configuration is said here rather than in a log.
  const auto loaded = context.load_config(Context::Purpose::kServe);
  if (!loaded) return std::unexpected(loaded.error());
  for (const std::string& warning : loaded->warnings) context.terminal.err << "yizhan: warning: " << warning << '\n';
  const std::string& data_dir = loaded->config.data_dir;
  std::error_code failure;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure) return fail("start_failed", fmt::format("could not find this program's file: {}", failure.message()));
  auto arguments = serve_arguments(context, flags);
  // Nobody reads what a process in the background prints; and a file can be rotated.
  if (loaded->config.log.to != log::Destination::kJournal) {
    arguments.insert(std::ranges::find(arguments, "serve"), {"--set", "log.to=file"});
  }
  const auto started = start_background(data_dir, program, arguments);
  if (!started) return std::unexpected(started.error());
  context.out() << fmt::format("{}\nIt runs in the background, pid {}, and logs to {}.\n", started->ready_line,
                               started->pid, log_place(loaded->config.log));
  return ExitStatus::kOk;
}

}  // namespace

void add_up(Command parent, Context& context) {
  const Command command =
      add_command(parent, "up", "start the service in the background",
                  "Like 'serve', with a pid file in the data directory and a log file (log.file, yizhan.log in the "
                  "data directory). Returns when the service "
                  "accepts, and fails with what it logged when it does not. A second one in the same data directory is "
                  "refused. For a machine that starts its services itself, the Debian package has a systemd unit.",
                  {{"yizhan up", "everything, embedded; 'yizhan status' shows it, 'yizhan down' stops it"},
                   {"yizhan up --config /etc/yizhan.toml", "as that file says"}});
  command.group(kRunGroup);
  auto options = std::make_shared<ServeOptions>(command);
  on_run(command, context, [&context, options] { return run_up(context, *options); });
}

}  // namespace yizhan::cli

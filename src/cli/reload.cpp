#include <fmt/format.h>

#include <ostream>

#include "app/service_file.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/json_output.h"
#include "cli/reload_output.h"

namespace yizhan::cli {
namespace {

/// Reading files takes milliseconds; this is for a machine in trouble.
constexpr Milliseconds kReloadPatience{30000};

void print(const Context& context, const app::RunningService& service, const app::ReloadOutcome& outcome) {
  if (context.options.json) {
    JsonWriter writer;
    writer.begin_object().number("pid", service.pid).key("last_reload");
    write_reload(writer, outcome);
    context.out() << writer.end_object().take() << '\n';
    return;
  }
  context.out() << fmt::format("{}, pid {}\n", outcome.done ? "Reloaded" : "Refused", service.pid);
  for (const std::string& line : outcome.lines) context.out() << fmt::format("  {}\n", printable(line));
}

Result<ExitStatus> reload(const Context& context) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const std::string& data_dir = loaded->config.data_dir;
  const auto services = app::running_services(data_dir);
  if (services.empty()) {
    return fail("not_running", fmt::format("no service runs with the data directory {}: name another with --data-dir, "
                                           "or send the process a SIGHUP",
                                           data_dir));
  }
  bool all_done = true;
  for (const app::RunningService& service : services) {
    const auto outcome = app::reload_service(service, kReloadPatience);
    if (!outcome) return std::unexpected(outcome.error());
    print(context, service, *outcome);
    all_done = all_done && outcome->done;
  }
  if (all_done) return ExitStatus::kOk;
  return fail("reload_refused", "the configuration is not valid; the service goes on with the one that it has");
}

}  // namespace

void write_reload(JsonWriter& writer, const app::ReloadOutcome& outcome) {
  writer.begin_object().boolean("done", outcome.done).time("at", outcome.at).number("number", outcome.number);
  writer.key("lines").begin_array();
  for (const std::string& line : outcome.lines) writer.text(line);
  writer.end_array().end_object();
}

void add_reload(Command parent, Context& context) {
  const Command command = add_command(
      parent, "reload", "let the running service read its configuration and its secrets again",
      "No connection ends and no event is lost. Everything is put in force at once, or, where something is not valid, "
      "nothing: the problems are printed and the exit status is 1. The service reads its files; its variables and "
      "options are those that it was started with. Listening addresses, the store, data_dir and roles need a restart, "
      "which is said. It is found by its file in the data directory; a SIGHUP to the process does the same.",
      {{"yizhan config check && yizhan reload", "after an edit of the configuration"},
       {"yizhan reload --json", "for a program"}});
  command.group(kRunGroup);
  on_run(command, context, [&context] { return reload(context); });
}

}  // namespace yizhan::cli

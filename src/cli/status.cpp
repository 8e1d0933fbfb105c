#include <fmt/format.h>

#include <ostream>

#include "cli/background.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "cli/reload_output.h"
#include "cli/service_client.h"

namespace yizhan::cli {
namespace {

/// What a service says of itself.
struct Readiness {
  bool answers = false;
  bool ready = false;
  std::string why;  ///< where it is not
};

Readiness ask(const std::string& api_address) {
  const auto answer = ServiceClient("http://" + api_address, "").request("GET", "/ready", {});
  if (!answer) return {.answers = false, .ready = false, .why = answer.error().message};
  if (answer->status == 200) return {.answers = true, .ready = true, .why = {}};
  return {.answers = true, .ready = false, .why = service_error(*answer, "http://" + api_address).message};
}

/// Where nothing listens there is nobody to ask: the process is all there is to see.
std::string api_of(const std::optional<BackgroundService>& running, const config::Config& config) {
  if (!running) return config.listen.api;
  for (const auto& [name, address] : listeners_of(*running)) {
    if (name == "api") return address;
  }
  return {};
}

ExitStatus print_json(const Context& context, const std::optional<BackgroundService>& running,
                      const Readiness& readiness, const std::string& log,
                      const std::vector<app::RunningService>& services) {
  JsonWriter writer;
  const bool is_running = running || readiness.answers || !services.empty();
  writer.begin_object().boolean("running", is_running).boolean("ready", readiness.ready);
  writer.boolean("background", running.has_value());
  if (running) {
    writer.number("pid", running->pid).time("started_at", running->started_at).text("log", log);
    writer.key("listening").begin_object();
    for (const auto& [name, address] : listeners_of(*running)) writer.text(name, address);
    writer.end_object();
  }
  writer.text_or_null("why", readiness.why);
  writer.key("services").begin_array();
  for (const app::RunningService& service : services) {
    writer.begin_object().number("pid", service.pid).time("started_at", service.started_at).key("last_reload");
    if (service.last_reload.number == 0) {
      writer.null();
    } else {
      write_reload(writer, service.last_reload);
    }
    writer.end_object();
  }
  writer.end_array();
  context.out() << writer.end_object().take() << '\n';
  if (readiness.ready) return ExitStatus::kOk;
  return is_running ? ExitStatus::kNeedsAttention : ExitStatus::kFailed;
}

Result<ExitStatus> run_status(const Context& context) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const config::Config& config = loaded->config;
  const auto running = find_background(config.data_dir);
  if (!running) return std::unexpected(running.error());
  const std::string api = api_of(*running, config);
  const Readiness readiness = api.empty() ? Readiness{.answers = true, .ready = true, .why = {}} : ask(api);
  const std::string log = log_place(config.log);
  const auto services = app::running_services(config.data_dir);
  if (context.options.json) return print_json(context, *running, readiness, log, services);

  const auto field = [&](std::string_view name, std::string_view value) {
    constexpr int kNameWidth = 10;
    context.out() << "  " << styled(padded_right(name, kNameWidth), Style::kFaint, context.terminal.color)
                  << printable(value) << '\n';
  };
  const bool color = context.terminal.color;
  if (!*running) {
    if (!readiness.answers && services.empty()) {
      context.out() << fmt::format(
          "Not running: nothing in the background in {}, and nobody answers at {}.\n"
          "Start it with 'yizhan up', or in the foreground with 'yizhan serve'.\n",
          config.data_dir, api);
      return ExitStatus::kFailed;
    }
    if (readiness.answers) {
      context.out() << fmt::format("A service answers at {}; it was not started by 'yizhan up' in {}.\n", api,
                                   config.data_dir);
    }
    for (const app::RunningService& service : services) {
      context.out() << fmt::format("A service runs in {}, pid {}.\n", config.data_dir, service.pid);
    }
  } else {
    context.out() << (readiness.ready ? styled("running", Style::kGood, color)
                                      : styled("running, not ready", Style::kWarning, color))
                  << '\n';
    field("pid", std::to_string((*running)->pid));
    field("since", fmt::format("{} UTC ({})", readable_time((*running)->started_at),
                               relative_time((*running)->started_at, utc_now())));
    for (const auto& [name, address] : listeners_of(**running)) field(name, address);
    field("log", log);
  }
  for (const app::RunningService& service : services) {
    const app::ReloadOutcome& reload = service.last_reload;
    if (reload.number == 0) continue;
    field("reload", fmt::format("{}, {}{}", reload.done ? "done" : "refused", relative_time(reload.at, utc_now()),
                                services.size() == 1 ? "" : fmt::format(" (pid {})", service.pid)));
    for (const std::string& line : reload.lines) field("", line);
  }
  if (!readiness.ready) {
    field("not ready", readiness.why);
    return ExitStatus::kNeedsAttention;
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_status(Command parent, Context& context) {
  const Command command =
      add_command(parent, "status", "show whether the service runs, where it listens and whether it is ready",
                  "Looks for the one that 'yizhan up' started in this data directory, then asks the API. Exit status "
                  "0: running and "
                  "ready; 3: running, and something keeps it from its work; 1: not running.",
                  {{"yizhan status", "of the configured data directory"}, {"yizhan status --json", "for a program"}});
  command.group(kRunGroup);
  on_run(command, context, [&context] { return run_status(context); });
}

}  // namespace yizhan::cli

#include <fmt/format.h>

#include <ostream>
#include <sstream>

#include "cli/background.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/json_output.h"
#include "cli/readable.h"
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

/// `api=127.0.0.1:7401` of a ready line: name and address of each listener.
std::vector<std::pair<std::string, std::string>> listeners_of(const std::string& ready_line) {
  std::vector<std::pair<std::string, std::string>> listeners;
  std::istringstream words(ready_line);
  for (std::string word; words >> word;) {
    if (const auto equals = word.find('='); equals != std::string::npos) {
      listeners.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return listeners;
}

/// Where nothing listens there is nobody to ask: the process is all there is to see.
std::string api_of(const std::optional<BackgroundService>& running, const config::Config& config) {
  if (!running) return config.listen.api;
  for (const auto& [name, address] : listeners_of(running->ready_line)) {
    if (name == "api") return address;
  }
  return {};
}

ExitStatus print_json(const Context& context, const std::optional<BackgroundService>& running,
                      const Readiness& readiness, const std::string& log) {
  JsonWriter writer;
  writer.begin_object().boolean("running", running || readiness.answers).boolean("ready", readiness.ready);
  writer.boolean("background", running.has_value());
  if (running) {
    writer.number("pid", running->pid).time("started_at", running->started_at).text("log", log);
    writer.key("listening").begin_object();
    for (const auto& [name, address] : listeners_of(running->ready_line)) writer.text(name, address);
    writer.end_object();
  }
  writer.text_or_null("why", readiness.why);
  context.out() << writer.end_object().take() << '\n';
  if (readiness.ready) return ExitStatus::kOk;
  return running || readiness.answers ? ExitStatus::kNeedsAttention : ExitStatus::kFailed;
}

Result<ExitStatus> run(const Context& context) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const config::Config& config = loaded->config;
  const auto running = find_background(config.data_dir);
  if (!running) return std::unexpected(running.error());
  const std::string api = api_of(*running, config);
  const Readiness readiness = api.empty() ? Readiness{.answers = true, .ready = true, .why = {}} : ask(api);
  const std::string log = log_file(config.data_dir);
  if (context.options.json) return print_json(context, *running, readiness, log);

  const auto field = [&](std::string_view name, std::string_view value) {
    constexpr int kNameWidth = 10;
    context.out() << "  " << styled(padded_right(name, kNameWidth), Style::kFaint, context.terminal.color)
                  << printable(value) << '\n';
  };
  const bool color = context.terminal.color;
  if (!*running) {
    if (!readiness.answers) {
      context.out() << fmt::format(
          "Not running: nothing in the background in {}, and nobody answers at {}.\n"
          "Start it with 'yizhan up', or in the foreground with 'yizhan serve'.\n",
          config.data_dir, api);
      return ExitStatus::kFailed;
    }
    context.out() << fmt::format("A service answers at {}; it was not started by 'yizhan up' in {}.\n", api,
                                 config.data_dir);
  } else {
    context.out() << (readiness.ready ? styled("running", Style::kGood, color)
                                      : styled("running, not ready", Style::kWarning, color))
                  << '\n';
    field("pid", std::to_string((*running)->pid));
    field("since", fmt::format("{} UTC ({})", readable_time((*running)->started_at),
                               relative_time((*running)->started_at, utc_now())));
    for (const auto& [name, address] : listeners_of((*running)->ready_line)) field(name, address);
    field("log", log);
  }
  if (!readiness.ready) {
    field("not ready", readiness.why);
    return ExitStatus::kNeedsAttention;
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_status(CLI::App& parent, Context& context) {
  CLI::App* command =
      add_command(parent, "status", "show whether the service runs, where it listens and whether it is ready",
                  "Looks for the one that 'yizhan up' started in this data directory, then asks the API. Exit status "
                  "0: running and "
                  "ready; 3: running, and something keeps it from its work; 1: not running.",
                  {{"yizhan status", "of the configured data directory"}, {"yizhan status --json", "for a program"}});
  command->group(kRunGroup);
  on_run(*command, context, [&context] { return run(context); });
}

}  // namespace yizhan::cli

#include "cli/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>
#include <ranges>

#include "base/version.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/display_text.h"

namespace yizhan::cli {
namespace {

int report(const Error& error, const Terminal& terminal) {
  // A message may be several lines (what is wrong with a configuration); what strangers wrote is made harmless.
  std::string message;
  for (const auto part : error.message | std::views::split('\n')) {
    if (!message.empty()) message += '\n';
    message += printable(std::string_view(part.begin(), part.end()));
  }
  terminal.err << fmt::format("yizhan: {} [{}]\n", message, error.code) << std::flush;
  return static_cast<int>(exit_status_of(error));
}

}  // namespace

int run(const std::vector<std::string>& arguments, Terminal& terminal, const config::Variables& environment) {
  Context context(terminal, environment);
  CLI::App root("Yizhan 驿站: a relay station for callbacks. Every event handed over is delivered, or accounted for.",
                "yizhan");
  set_up_root(root, context);
  root.footer(
      "yizhan serve\nrun the service with its embedded store, receivers, API\n"
      "yizhan emit sub2api reply.created '{\"order\":1001}'\nhand an event over\n"
      "yizhan events list\nsee what became of it\n");
  add_commands(Command(root), context);
  try {
    // CLI11 takes its arguments from the back.
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    if (!reversed.empty() && reversed.back() == "help") {  // `help events list` is `events list --help`
      reversed.pop_back();
      reversed.insert(reversed.begin(), "--help");
    }
    root.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    terminal.out << help_text(named_command(root), terminal) << std::flush;
    return static_cast<int>(ExitStatus::kOk);
  } catch (const CLI::CallForVersion&) {
    terminal.out << "yizhan " << version() << '\n' << std::flush;
    return static_cast<int>(ExitStatus::kOk);
  } catch (const CLI::ParseError& error) {
    return report(explain(error, root), terminal);
  }
  if (context.options.no_color) terminal.color = false;
  if (!context.action) {
    terminal.out << help_text(named_command(root), terminal) << std::flush;
    return static_cast<int>(ExitStatus::kOk);
  }
  const Result<ExitStatus> outcome = context.action();
  terminal.out.flush();
  if (!outcome) return report(outcome.error(), terminal);
  if (!terminal.out)
    return report({"output_failed", "standard output could not be written: is the disk full?"}, terminal);
  return static_cast<int>(*outcome);
}

int run(int argc, char** argv) {
  Terminal terminal = process_terminal();
  return run(std::vector<std::string>(argv + 1, argv + argc), terminal, config::process_variables());
}

}  // namespace yizhan::cli

#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "config/suggestion.h"

namespace yizhan::cli {
namespace {

/// The candidate that was probably meant: the only one that begins so, or the nearest.
std::string meant_by(const std::string& word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kShortestBeginning = 3;
  const auto begins = [&](const std::string& candidate) { return candidate.starts_with(word); };
  if (word.size() >= kShortestBeginning && std::ranges::count_if(candidates, begins) == 1) {
    return *std::ranges::find_if(candidates, begins);
  }
  return config::nearest(word, candidates);
}

std::vector<std::string> command_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::string see_help(const CLI::App& command) {
  return fmt::format("see '{} --help'", full_name(command));
}

/// `yizhan events list`, `yizhan keys list`: the commands of that name one level down.
std::vector<std::string> commands_below(const CLI::App& command, const std::string& name) {
  std::vector<std::string> found;
  for (const CLI::App* group : command.get_subcommands([](const CLI::App*) { return true; })) {
    for (const std::string& below : command_names(*group)) {
      if (below == name) found.push_back(fmt::format("'{} {}'", full_name(*group), below));
    }
  }
  return found;
}

std::string unexpected(const CLI::App& command, const std::string& word) {
  const bool is_option = word.size() > 1 && word.front() == '-';
  const std::vector<std::string> commands = command_names(command);
  if (is_option) {
    const std::string name = word.substr(0, word.find('='));
    const std::string meant = meant_by(name, option_names(command));
    const std::string hint = meant.empty() ? see_help(command) : fmt::format("did you mean '{}'?", meant);
    return fmt::format("'{}' has no option '{}': {}", full_name(command), name, hint);
  }
  if (commands.empty()) {
    return fmt::format("'{}' takes no further argument '{}': {}", full_name(command), word, see_help(command));
  }
  if (const auto below = commands_below(command, word); !below.empty()) {
    return fmt::format("there is no command '{} {}': did you mean {}?", full_name(command), word,
                       fmt::join(below, " or "));
  }
  const std::string meant = meant_by(word, commands);
  if (meant.empty()) return fmt::format("there is no command '{} {}': {}", full_name(command), word, see_help(command));
  return fmt::format("there is no command '{} {}': did you mean '{}'?", full_name(command), word, meant);
}

}  // namespace

Command add_command(Command parent, const std::string& name, const std::string& summary, const std::string& explanation,
                    std::initializer_list<Example> examples) {
  CLI::App& command =
      *parent.parser().add_subcommand(name, explanation.empty() ? summary : summary + "\n" + explanation);
  std::string footer;
  for (const Example& example : examples) footer += fmt::format("{}\n{}\n", example.command, example.says);
  command.footer(footer);
  command.require_subcommand(0, 1);
  return Command(command);
}

void on_run(Command command, Context& context, std::function<Result<ExitStatus>()> work) {
  CLI::App& parser = command.parser();
  parser.callback([&context, &parser, work = std::move(work)] {
    if (parser.get_subcommands().empty()) context.action = work;  // otherwise one of those was named
  });
}

void set_up_root(CLI::App& root, Context& context) {
  GlobalOptions& options = context.options;
  root.fallthrough();
  root.require_subcommand(0, 1);
  root.set_help_flag("-h,--help", "explain this command");
  root.set_version_flag("--version", std::string(), "print the version");
  root.add_option("--config", options.config_file,
                  "configuration file (TOML); default: YIZHAN_CONFIG, else ./yizhan.toml if it is there")
      ->type_name("FILE");
  root.add_option("--store", options.store_url, "the store: sqlite:PATH or postgresql://…; default: YIZHAN_STORE")
      ->type_name("URL");
  root.add_option("--data-dir", options.data_dir,
                  "where the embedded store lives; default: YIZHAN_DATA_DIR, else ./yizhan-data")
      ->type_name("DIRECTORY");
  root.add_option("--set", options.settings, "one setting, over file and environment; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  root.add_flag("--json", options.json, "print for programs: one JSON document, or one a line for lists");
  root.add_flag("--no-color", options.no_color, "print without colours (as NO_COLOR does)");
}

const CLI::App& named_command(const CLI::App& root) {
  const CLI::App* command = &root;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().back();
  return *command;
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + ' ' + command.get_name();
}

Error explain(const CLI::ParseError& error, const CLI::App& root) {
  const CLI::App& command = named_command(root);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::vector<std::string> words = root.remaining(true);
    if (!words.empty()) return {"usage_invalid", unexpected(command, words.front())};
  }
  return {"usage_invalid", fmt::format("{}: {}", error.what(), see_help(command))};
}

}  // namespace yizhan::cli

#include <fmt/format.h>

#include <list>
#include <memory>
#include <ostream>
#include <string>

#include "app/serve.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "config/documents.h"

namespace yizhan::cli {
namespace {

/// One setting that has an option of its own.
struct SettingOption {
  std::string key;
  std::string flag;
  std::string value;
};
using SettingOptions = std::list<SettingOption>;  // the command line keeps references into it

bool is_global(const std::string& flag) {
  return flag == "--store" || flag == "--data-dir";
}

Result<ExitStatus> run(Context& context, const CLI::App& command, const SettingOptions& options) {
  for (const SettingOption& option : options) {
    if (command.count(option.flag) > 0) context.flags.push_back({option.key, option.value, option.flag});
  }
  const auto loaded = context.load_config(Context::Purpose::kServe);
  if (!loaded) return std::unexpected(loaded.error());
  for (const std::string& warning : loaded->warnings) context.terminal.err << "yizhan: warning: " << warning << '\n';
  context.terminal.err.flush();
  const auto served = app::serve(loaded->config, context.out());
  if (!served) return std::unexpected(served.error());
  return ExitStatus::kOk;
}

/// The first sentence of a setting's help, without its markdown.
std::string brief(const config::SettingDescription& setting) {
  std::string text = setting.help.substr(0, setting.help.find(". "));
  std::erase(text, '`');
  if (text.ends_with('.')) text.pop_back();
  return setting.variable.empty() ? text : fmt::format("{} ({})", text, setting.variable);
}

}  // namespace

void add_serve(CLI::App& parent, Context& context) {
  CLI::App* command = add_command(
      parent, "serve", "run the service",
      "Without any configuration it runs everything on an embedded store in ./yizhan-data: the API on 127.0.0.1:7401, "
      "receivers on 7201, the push server on 7301. Prints 'yizhan ready' with the addresses when it accepts; logs JSON "
      "lines to standard error. SIGTERM or Ctrl-C stops it in order: what is in flight is finished or given back.",
      {{"yizhan serve", "everything, embedded"},
       {"yizhan serve --config /etc/yizhan.toml", "as that file says"},
       {"YIZHAN_STORE=postgresql://yizhan@db/yizhan yizhan serve --roles receive,dispatch",
        "one of several nodes on one PostgreSQL"}});
  command->group(kRunGroup);
  auto options = std::make_shared<SettingOptions>();
  for (const config::SettingDescription& setting : config::describe_settings()) {
    if (setting.flag.empty() || is_global(setting.flag)) continue;
    SettingOption& option = options->emplace_back(setting.key, setting.flag, "");
    command->add_option(setting.flag, option.value, brief(setting))->type_name("VALUE");
  }
  on_run(*command, context, [&context, command, options] { return run(context, *command, *options); });
}

}  // namespace yizhan::cli

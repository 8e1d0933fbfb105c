#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "api/metric_catalogue.h"
#include "app/check.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "config/documents.h"
#include "config/show.h"

namespace yizhan::cli {
namespace {

Result<ExitStatus> show(const Context& context) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  if (context.options.json) {
    std::string json = config::show_json(*loaded);
    if (!json.ends_with('\n')) json += '\n';
    context.out() << json;
  } else {
    context.out() << config::show_text(*loaded);
  }
  return ExitStatus::kOk;
}

Result<ExitStatus> check(const Context& context) {
  const auto loaded = context.load_config(Context::Purpose::kServe);
  if (!loaded) return std::unexpected(loaded.error());
  if (const auto checked = app::check(loaded->config); !checked) {
    return fail("config_invalid", fmt::format("{} [{}]", checked.error().message, checked.error().code));
  }
  if (context.options.json) {
    JsonWriter writer;
    writer.begin_object().boolean("valid", true).text("file", loaded->file).key("warnings").begin_array();
    for (const std::string& warning : loaded->warnings) writer.text(warning);
    writer.end_array().key("secrets_in_clear").begin_array();
    for (const std::string& key : loaded->secrets_in_clear) writer.text(key);
    writer.end_array().end_object();
    context.out() << writer.take() << '\n';
    return ExitStatus::kOk;
  }
  for (const std::string& warning : loaded->warnings) context.out() << "warning: " << warning << '\n';
  for (const std::string& key : loaded->secrets_in_clear) {
    context.out() << fmt::format("warning: {} lies in clear in {}; 'yizhan secrets seal' seals it\n", key,
                                 loaded->file);
  }
  const auto count = [](const auto& all) { return static_cast<std::int64_t>(all.size()); };
  context.out() << fmt::format("The configuration is valid: {}, {}, {}, {}.\n",
                               loaded->file.empty() ? "no file" : loaded->file,
                               counted(count(loaded->config.platforms), "platform", "platforms"),
                               counted(count(loaded->config.sources), "source", "sources"),
                               counted(count(loaded->config.routes), "route", "routes"));
  return ExitStatus::kOk;
}

}  // namespace

void add_config(Command parent, Context& context) {
  const Command config = add_command(parent, "config", "show, check and document the configuration", "",
                                     {{"yizhan config check", "is it valid? every problem at once"},
                                      {"yizhan config show", "what holds, and where each value came from"},
                                      {"yizhan config sample > yizhan.toml", "a commented file to start from"}});
  config.group(kSetUpGroup);
  const Command show_command =
      add_command(config, "show", "show what holds, and where each value came from; secrets are masked", "",
                  {{"yizhan config show", "all of it"}, {"yizhan config show --json", "for a program"}});
  on_run(show_command, context, [&context] { return show(context); });
  const Command check_command =
      add_command(config, "check", "check the configuration without starting anything",
                  "As a start would, but for the store and the ports: secrets, certificates and keys are read. "
                  "Exit status 2 when it is not valid.",
                  {{"yizhan config check --config new.toml", "before it is put in place"}});
  on_run(check_command, context, [&context] { return check(context); });
  const Command docs_command =
      add_command(config, "docs", "print the reference of all settings (Markdown)", "",
                  {{"yizhan config docs > docs/configuration.md", "as the project keeps it"},
                   {"yizhan config docs --metrics > docs/metrics.md", "likewise, of /metrics"}});
  auto of_metrics = std::make_shared<bool>(false);
  docs_command.add_flag("--metrics", *of_metrics, "of all metrics instead");
  on_run(docs_command, context, [&context, of_metrics]() -> Result<ExitStatus> {
    context.out() << (*of_metrics ? api::metrics_markdown() : config::reference_markdown());
    return ExitStatus::kOk;
  });
  const Command sample_command = add_command(config, "sample", "print a commented sample file (TOML)", "",
                                             {{"yizhan config sample > yizhan.toml", "a file to start from"}});
  on_run(sample_command, context, [&context]() -> Result<ExitStatus> {
    context.out() << config::sample_toml();
    return ExitStatus::kOk;
  });
}

}  // namespace yizhan::cli

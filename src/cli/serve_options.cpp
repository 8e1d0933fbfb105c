#include "cli/serve_options.h"

#include <fmt/format.h>

#include "config/documents.h"

namespace yizhan::cli {
namespace {

bool is_global(const std::string& flag) {
  return flag == "--store" || flag == "--data-dir";
}

/// The first sentence of a setting's help, without its markdown.
std::string brief(const config::SettingDescription& setting) {
  std::string text = setting.help.substr(0, setting.help.find(". "));
  std::erase(text, '`');
  if (text.ends_with('.')) text.pop_back();
  return setting.variable.empty() ? text : fmt::format("{} ({})", text, setting.variable);
}

}  // namespace

ServeOptions::ServeOptions(Command command) : command_(command) {
  for (const config::SettingDescription& setting : config::describe_settings()) {
    if (setting.flag.empty() || is_global(setting.flag)) continue;
    Option& option = options_.emplace_back(setting.key, setting.flag, "");
    command.add_option(setting.flag, option.value, brief(setting)).type_name("VALUE");
  }
}

std::vector<config::Flag> ServeOptions::flags() const {
  std::vector<config::Flag> given;
  for (const Option& option : options_) {
    if (command_.has(option.flag)) given.push_back({option.key, option.value, option.flag});
  }
  return given;
}

}  // namespace yizhan::cli

// Any TOML file, variables and flags through the whole loader: it answers, and what it lets through is within its
// bounds.
//
// An input is the TOML text; after a line `--- variables` one NAME=value a line; after a line `--- flags` one key=value
// a line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/load.h"
#include "config/setting.h"
#include "config/show.h"

namespace {

using namespace yizhan;

constexpr std::string_view kVariables = "--- variables\n";
constexpr std::string_view kFlags = "--- flags\n";

/// Cuts `text` at the separator's line and answers what follows it.
std::string_view cut_at(std::string_view& text, std::string_view separator) {
  const auto found = text.find(separator);
  if (found == std::string_view::npos) return {};
  const std::string_view rest = text.substr(found + separator.size());
  text = text.substr(0, found);
  return rest;
}

template <class Take>
void each_assignment(std::string_view lines, Take take) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    const auto equals = line.find('=');
    if (equals != std::string_view::npos)
      take(std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
}

template <class Owner>
void check(const Owner& owner, const std::vector<config::Setting<Owner>>& declared) {
  for (const auto& setting : declared) {
    const config::Value value = setting.field.read(owner);
    // Empty texts stand for "not set" even where nobody may set them so.
    const auto* text = std::get_if<std::string>(&value);
    if (text && text->empty()) continue;
    if (!config::parse_toml(setting.kind, value)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view toml(reinterpret_cast<const char*>(data), size);
  std::string_view flags = cut_at(toml, kFlags);
  std::string_view variables = cut_at(toml, kVariables);

  config::Inputs inputs;
  inputs.read_file = [toml](const std::string& path) -> Result<std::string> {
    if (path == "./yizhan.toml") return std::string(toml);
    if (path.size() % 2 == 0) return fail("file_missing", "there is no such file");
    return path + "\n";
  };
  each_assignment(variables, [&](std::string name, std::string value) {
    inputs.variables.insert_or_assign(std::move(name), std::move(value));
  });
  each_assignment(flags, [&](std::string key, std::string value) {
    inputs.flags.push_back({std::move(key), std::move(value), "--set"});
  });

  const auto loaded = config::load(inputs);
  if (!loaded) {
    if (loaded.error().empty() || config::to_text(loaded.error()).empty()) std::abort();
    return 0;
  }
  check(loaded->config, config::settings());
  for (const config::Platform& platform : loaded->config.platforms) check(platform, config::platform_settings());
  for (const config::Source& source : loaded->config.sources) check(source, config::source_settings());
  for (const config::Route& route : loaded->config.routes) check(route, config::route_settings());
  for (const config::AlertChannel& channel : loaded->config.alert_channels) {
    check(channel, config::alert_channel_settings());
  }
  if (config::show_text(*loaded).empty() || config::show_json(*loaded).empty()) std::abort();
  return 0;
}

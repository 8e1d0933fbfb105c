#include "config/load.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "config/draft.h"

namespace yizhan::config {
namespace {

constexpr std::string_view kDefaultFile = "./yizhan.toml";
constexpr std::size_t kFileLimit = 1 << 20;

/// Codes `file_missing`, `file_unreadable`; the message is the reason in a few words.
Result<std::string> read_from_disk(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return fail("file_missing", "there is no such file");
  if (std::filesystem::is_directory(status)) return fail("file_unreadable", "it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  // One byte more than allowed tells whether there is more.
  std::string text(kFileLimit + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad())
    return fail("file_unreadable", errno != 0 ? std::strerror(errno) : "it cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileLimit) return fail("file_unreadable", "it is larger than 1 MiB");
  return text;
}

Result<std::string> nothing_opens(std::string_view) {
  return fail("master_key_missing", "no master key is given");
}

struct ChosenFile {
  std::string path;
  std::string_view named_by;  // empty: the default, which need not exist
};

ChosenFile choose_file(const Inputs& inputs) {
  if (inputs.file) return {*inputs.file, "--config"};
  const auto variable = inputs.variables.find("YIZHAN_CONFIG");
  if (variable != inputs.variables.end() && !variable->second.empty()) return {variable->second, "YIZHAN_CONFIG"};
  return {std::string(kDefaultFile), {}};
}

/// Empty when there is no file to read, or it cannot be read.
std::string read_file_input(Draft& draft, const Inputs& inputs, const ReadFile& read_file) {
  const ChosenFile file = choose_file(inputs);
  const auto text = read_file(file.path);
  if (text) {
    read_toml(draft, *text, file.path);
    return file.path;
  }
  if (file.named_by.empty() && text.error().code == "file_missing") return {};
  draft.refuse(
      "config_file_unreadable",
      fmt::format("{}{}: {}. It must be a readable TOML file.", file.path,
                  file.named_by.empty() ? "" : fmt::format(" (named by {})", file.named_by), text.error().message));
  return {};
}

bool from_file(std::string_view key, const Origins& origins) {
  const auto origin = origins.find(key);
  return origin != origins.end() && origin->second.kind == Origin::Kind::kFile;
}

bool secrets_in_file(const Loaded& loaded) {
  if (from_file("store.url", loaded.origins) && loaded.config.store.url.contains('@')) return true;
  return std::ranges::any_of(settings(), [&](const Setting<Config>& setting) {
    return setting.secrecy == Secrecy::kSecret && from_file(setting.key, loaded.origins);
  });
}

template <class Owner>
bool secrets_in_file(const std::vector<Owner>& entries, const Origins& origins) {
  for (const Owner& entry : entries) {
    for (const auto& setting : Table<Owner>::settings()) {
      if (setting.secrecy != Secrecy::kSecret) continue;
      if (from_file(table_key<Owner>(entry.name, setting.key), origins)) return true;
    }
  }
  return false;
}

void warn_of_readable_secrets(Loaded& loaded) {
  const bool secrets = secrets_in_file(loaded) || secrets_in_file(loaded.config.platforms, loaded.origins) ||
                       secrets_in_file(loaded.config.sources, loaded.origins);
  std::error_code error;
  const auto permissions = std::filesystem::status(loaded.file, error).permissions();
  const bool readable = (permissions & std::filesystem::perms::others_read) != std::filesystem::perms::none;
  if (secrets && !error && readable) {
    loaded.warnings.push_back(
        fmt::format("{} holds secrets and every user of this machine can read it. Take that right "
                    "away: chmod o-r {}",
                    loaded.file, loaded.file));
  }
}

}  // namespace

Result<Flag> parse_set_flag(std::string_view argument) {
  const auto equals = argument.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return fail(
        "config_key_unknown",
        fmt::format("--set {}: must be section.name=value, such as --set log.level=debug.", in_quotes(argument)));
  }
  return Flag{std::string(argument.substr(0, equals)), std::string(argument.substr(equals + 1)), "--set"};
}

Variables process_variables() {
  Variables variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

namespace {

/// A flag for a table's setting: `platforms.crm.base_url`. False when it is none, with `known` filled where that may
/// help.
template <class Owner>
bool read_table_flag(Draft& draft, const Flag& flag, std::vector<std::string>& known) {
  std::string_view rest = flag.key;
  const std::string_view table = Table<Owner>::kName;
  if (!rest.starts_with(table) || !rest.substr(table.size()).starts_with('.')) {
    known.push_back(fmt::format("{}.{}.<setting>", table, Table<Owner>::kPlaceholder));
    return false;
  }
  rest.remove_prefix(table.size() + 1);
  const auto point = rest.find('.');
  if (point == std::string_view::npos) {
    known.push_back(fmt::format("{}.{}.<setting>", table, Table<Owner>::kPlaceholder));
    return false;
  }
  const TableMatch<Owner> match = find_table_setting<Owner>(rest.substr(point + 1));
  if (match.setting == nullptr) {
    for (const std::string& key : table_setting_keys<Owner>())
      known.push_back(table_key<Owner>(rest.substr(0, point), key));
    return false;
  }
  Owner* entry = draft.entry<Owner>(std::string(rest.substr(0, point)), flag.shown_as);
  if (entry == nullptr) return true;
  draft.assign(
      *entry, *match.setting,
      {.value = std::string_view(flag.value), .origin = {Origin::Kind::kFlag, flag.shown_as}, .single = match.single});
  return true;
}

}  // namespace

void read_flags(Draft& draft, const std::vector<Flag>& flags) {
  for (const Flag& flag : flags) {
    if (const auto* setting = find_setting(flag.key)) {
      draft.assign(*setting, {.value = std::string_view(flag.value), .origin = {Origin::Kind::kFlag, flag.shown_as}});
      continue;
    }
    std::vector<std::string> known;
    for (const auto& setting : settings()) known.emplace_back(setting.key);
    bool taken = false;
    for_each_table(
        [&]<class Owner>(std::type_identity<Owner>) { taken = taken || read_table_flag<Owner>(draft, flag, known); });
    if (taken) continue;
    draft.refuse("config_key_unknown", fmt::format("{} ({}): there is no such setting. {}", in_quotes(flag.key),
                                                   flag.shown_as, suggestion_or_list(flag.key, known)));
  }
}

std::expected<Loaded, Problems> load(const Inputs& inputs) {
  const ReadFile read_file = inputs.read_file ? inputs.read_file : ReadFile(read_from_disk);
  const OpenSecret open_secret = inputs.open_secret ? inputs.open_secret : OpenSecret(nothing_opens);
  const Completion how{.read_file = read_file, .open_secret = open_secret, .serving = inputs.serving};
  Draft draft(how);
  std::string file = read_file_input(draft, inputs, read_file);
  read_seed_variables(draft, inputs.variables);
  read_variables(draft, inputs.variables);
  read_flags(draft, inputs.flags);
  complete(draft, how);
  auto loaded = std::move(draft).finish(std::move(file));
  if (loaded && !loaded->file.empty() && !inputs.read_file) warn_of_readable_secrets(*loaded);
  return loaded;
}

std::string to_text(const Problems& problems) {
  std::string text;
  for (const Error& problem : problems) text += fmt::format("{}: {}\n", problem.code, problem.message);
  return text;
}

const Platform* Config::find_platform(std::string_view name) const {
  const auto found = std::ranges::find(platforms, name, &Platform::name);
  return found == platforms.end() ? nullptr : &*found;
}

const Source* Config::find_source(std::string_view name) const {
  const auto found = std::ranges::find(sources, name, &Source::name);
  return found == sources.end() ? nullptr : &*found;
}

}  // namespace yizhan::config

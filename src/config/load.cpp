#include "config/load.h"

#include <fmt/format.h>
#include <unistd.h>

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

struct ChosenFile {
  std::string path;
  std::string_view named_by;  // empty: the default, which need not exist
};

ChosenFile choose_file(const Sources& sources) {
  if (sources.file) return {*sources.file, "--config"};
  const auto variable = sources.variables.find("YIZHAN_CONFIG");
  if (variable != sources.variables.end() && !variable->second.empty()) return {variable->second, "YIZHAN_CONFIG"};
  return {std::string(kDefaultFile), {}};
}

/// Empty when there is no file to read, or it cannot be read.
std::string read_file_source(Draft& draft, const Sources& sources, const ReadFile& read_file) {
  const ChosenFile file = choose_file(sources);
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

void warn_of_readable_secrets(Loaded& loaded) {
  const auto in_file = [&](const std::string& key) {
    const auto origin = loaded.origins.find(key);
    return origin != loaded.origins.end() && origin->second.kind == Origin::Kind::kFile;
  };
  bool secrets = in_file("store.url") && loaded.config.store.url.contains('@');
  for (const auto& platform : loaded.config.platforms) {
    for (const auto& setting : platform_settings()) {
      secrets = secrets || (setting.secrecy == Secrecy::kSecret && in_file(platform_key(platform.name, setting.key)));
    }
  }
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

void read_flags(Draft& draft, const std::vector<Flag>& flags) {
  constexpr std::string_view kPlatforms = "platforms.";
  for (const Flag& flag : flags) {
    const Given given{.value = std::string_view(flag.value), .origin = {Origin::Kind::kFlag, flag.shown_as}};
    if (const auto* setting = find_setting(flag.key)) {
      draft.assign(*setting, given);
      continue;
    }
    const std::string_view rest =
        flag.key.starts_with(kPlatforms) ? std::string_view(flag.key).substr(kPlatforms.size()) : std::string_view();
    const auto point = rest.find('.');
    if (point != std::string_view::npos) {
      const PlatformMatch match = find_platform_setting(rest.substr(point + 1));
      if (match.setting != nullptr) {
        Platform* platform = draft.platform(std::string(rest.substr(0, point)), flag.shown_as);
        Given of_platform = given;
        of_platform.single = match.single;
        if (platform != nullptr) draft.assign(*platform, *match.setting, of_platform);
        continue;
      }
    }
    std::vector<std::string> known;
    for (const auto& setting : settings()) known.emplace_back(setting.key);
    if (point != std::string_view::npos) {
      for (const std::string& key : platform_setting_keys()) known.push_back(platform_key(rest.substr(0, point), key));
    } else {
      known.emplace_back("platforms.<name>.<setting>");
    }
    draft.refuse("config_key_unknown", fmt::format("{} ({}): there is no such setting. {}", in_quotes(flag.key),
                                                   flag.shown_as, suggestion_or_list(flag.key, known)));
  }
}

std::expected<Loaded, Problems> load(const Sources& sources) {
  const ReadFile read_file = sources.read_file ? sources.read_file : ReadFile(read_from_disk);
  Draft draft;
  std::string file = read_file_source(draft, sources, read_file);
  read_seed_variables(draft, sources.variables);
  read_variables(draft, sources.variables);
  read_flags(draft, sources.flags);
  complete(draft, read_file, sources.serving);
  auto loaded = std::move(draft).finish(std::move(file));
  if (loaded && !loaded->file.empty() && !sources.read_file) warn_of_readable_secrets(*loaded);
  return loaded;
}

std::string to_text(const Problems& problems) {
  std::string text;
  for (const Error& problem : problems) text += fmt::format("{}: {}\n", problem.code, problem.message);
  return text;
}

const Platform* Config::find_platform(std::string_view name) const {
  for (const Platform& platform : platforms) {
    if (platform.name == name) return &platform;
  }
  return nullptr;
}

}  // namespace yizhan::config

#include "app/master_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace yizhan::app {
namespace {

constexpr std::string_view kVariable = "YIZHAN_MASTER_KEY";
constexpr std::string_view kFileVariable = "YIZHAN_MASTER_KEY_FILE";

std::string value_of(const config::Variables& variables, std::string_view name) {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string{} : found->second;
}

Result<void> add_keys(verify::MasterKeys& keys, std::string text, const std::string& where) {
  std::ranges::replace(text, ',', ' ');
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    auto key = verify::MasterKey::parse(word);
    if (!key) return fail(key.error().code, fmt::format("{}: {}", where, key.error().message));
    keys.push_back(std::move(*key));
  }
  return {};
}

/// A file without its comments.
Result<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return fail("master_key_unreadable", fmt::format("{} ({}): it cannot be read. It must hold the master key, one a "
                                                     "line; the first one seals, all of them open",
                                                     kFileVariable, path));
  }
  std::string text;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) text += line + '\n';
  }
  return text;
}

}  // namespace

static_assert(verify::kSealedPrefix.starts_with(config::kSealedPrefix));

Result<verify::MasterKeys> load_master_keys(const config::Variables& variables) {
  verify::MasterKeys keys;
  if (auto added = add_keys(keys, value_of(variables, kVariable), std::string(kVariable)); !added) {
    return std::unexpected(added.error());
  }
  const std::string path = value_of(variables, kFileVariable);
  if (path.empty()) return keys;
  auto text = read_lines(path);
  if (!text) return std::unexpected(text.error());
  if (auto added = add_keys(keys, std::move(*text), path); !added) return std::unexpected(added.error());
  return keys;
}

config::OpenSecret secret_opener(const config::Variables& variables) {
  return [variables](std::string_view sealed) -> Result<std::string> {
    const auto keys = load_master_keys(variables);
    if (!keys) return std::unexpected(keys.error());
    return verify::open_secret(*keys, sealed);
  };
}

}  // namespace yizhan::app

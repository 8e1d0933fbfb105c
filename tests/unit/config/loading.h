// Loading a configuration from texts, without files or this process's environment.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "config/load.h"

namespace yizhan::config {

/// What a test gives; `files` holds yizhan.toml, when there is one, and secret files.
struct World {
  std::map<std::string, std::string> files = {};
  Variables variables = {};
  std::vector<std::string> sets = {};  // --set
  bool serving = true;

  Inputs inputs() const {
    Inputs all;
    all.variables = variables;
    all.serving = serving;
    for (const std::string& text : sets) all.flags.push_back(parse_set_flag(text).value());
    all.read_file = [known = files](const std::string& path) -> Result<std::string> {
      const auto found = known.find(path);
      if (found == known.end()) return fail("file_missing", "there is no such file");
      return found->second;
    };
    return all;
  }
};

inline constexpr const char* kFile = "./yizhan.toml";

inline Loaded load_well(const World& world) {
  auto loaded = load(world.inputs());
  if (!loaded) throw std::runtime_error("should have loaded:\n" + to_text(loaded.error()));
  return std::move(*loaded);
}
inline Loaded load_toml(const std::string& toml) {
  return load_well({.files = {{kFile, toml}}});
}

inline Problems problems_of(const World& world) {
  auto loaded = load(world.inputs());
  return loaded ? Problems{} : std::move(loaded.error());
}
inline Problems problems_of_toml(const std::string& toml) {
  return problems_of({.files = {{kFile, toml}}});
}

/// A problem with this code whose message holds every one of the texts.
inline auto problem(const std::string& code, const std::vector<std::string>& texts) {
  std::vector<testing::Matcher<std::string>> parts;
  for (const std::string& text : texts) parts.emplace_back(testing::HasSubstr(text));
  return testing::AllOf(testing::Field("code", &Error::code, code),
                        testing::Field("message", &Error::message, testing::AllOfArray(parts)));
}

/// A platform that lacks nothing.
inline const std::string kCrm = "[platforms.crm]\nbase_url = \"https://crm.example\"\nsigning = \"none\"\n";

}  // namespace yizhan::config

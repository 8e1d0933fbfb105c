// Environment variables: the seed's AI_CS_* and our own YIZHAN_*. An empty variable counts as not set.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/draft.h"

namespace yizhan::config {
namespace {

constexpr std::string_view kOwnPrefix = "YIZHAN_";
constexpr std::string_view kOwnPlatformPrefix = "YIZHAN_PLATFORM_";
constexpr std::string_view kSeedPlatformPrefix = "AI_CS_PLATFORM_";

// YIZHAN_* names that are no settings: where the file is, what the client commands talk to, and what the tests use.
constexpr std::array<std::string_view, 6> kOtherVariables{"YIZHAN_CONFIG",     "YIZHAN_API_URL", "YIZHAN_API_KEY",
                                                          "YIZHAN_FAIL_POINT", "YIZHAN_BINARY",  "YIZHAN_POSTGRES_BIN"};
constexpr std::string_view kTestPrefix = "YIZHAN_TEST_";

Given given(std::string_view value, Origin::Kind kind, const std::string& variable, bool single = false) {
  return {.value = value, .origin = {kind, variable}, .single = single};
}

/// A platform's setting as the last part of a variable's name.
struct Suffix {
  std::string text;  // `BASE_URL`
  const Setting<Platform>* setting;
  bool single;
};

std::vector<Suffix> own_suffixes() {
  std::vector<Suffix> suffixes;
  for (const auto& setting : platform_settings()) {
    suffixes.push_back({variable_part(setting.key), &setting, false});
    if (!setting.single.empty()) suffixes.push_back({variable_part(setting.single), &setting, true});
  }
  return suffixes;
}

std::vector<Suffix> seed_suffixes() {
  std::vector<Suffix> suffixes;
  for (const auto& setting : platform_settings()) {
    if (setting.seed_variable.empty()) continue;
    // The seed has one secret, which may hold commas.
    suffixes.push_back({std::string(setting.seed_variable), &setting, !setting.single.empty()});
  }
  return suffixes;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

/// The platform that `CRM_EU` means: one that is known already and is written so, or `crm_eu`.
std::string platform_of(Draft& draft, std::string_view part) {
  for (const auto& [name, platform] : draft.platforms()) {
    if (variable_part(name) == part) return name;
  }
  return lower_case(part);
}

class PlatformVariables {
 public:
  PlatformVariables(Draft& draft, std::string_view prefix, std::vector<Suffix> suffixes, Origin::Kind kind)
      : draft_(draft), prefix_(prefix), suffixes_(std::move(suffixes)), kind_(kind) {}

  void read(const std::string& variable, std::string_view value) {
    const std::string_view rest = std::string_view(variable).substr(prefix_.size());
    // The longest suffix: CRM_INGRESS_SECRET is crm's ingress secret, not the secret of crm_ingress.
    const Suffix* longest = nullptr;
    for (const Suffix& suffix : suffixes_) {
      const bool matches = rest.size() > suffix.text.size() + 1 && rest.ends_with(suffix.text) &&
                           rest[rest.size() - suffix.text.size() - 1] == '_';
      if (matches && (longest == nullptr || suffix.text.size() > longest->text.size())) longest = &suffix;
    }
    if (longest == nullptr) return refuse(variable);
    const std::string_view part = rest.substr(0, rest.size() - longest->text.size() - 1);
    const std::string name = platform_of(draft_, part);
    if (variable_part(name) != part || !kPlatformName.matches(name)) return refuse(variable);
    if (value.empty()) return;
    Platform* platform = draft_.platform(name, variable);
    draft_.assign(*platform, *longest->setting, given(value, kind_, variable, longest->single));
  }

 private:
  void refuse(const std::string& variable) {
    // A name of the platform may hold underscores, so each of them may be where the setting's name begins.
    constexpr std::size_t kLongest = 200;
    std::vector<std::string> candidates;
    if (variable.size() <= kLongest) {
      for (auto end = variable.find('_', prefix_.size()); end != std::string::npos; end = variable.find('_', end + 1)) {
        if (end == prefix_.size()) continue;
        for (const Suffix& suffix : suffixes_) candidates.push_back(variable.substr(0, end + 1) + suffix.text);
      }
    }
    if (candidates.empty()) {
      for (const Suffix& suffix : suffixes_) candidates.push_back(fmt::format("{}<NAME>_{}", prefix_, suffix.text));
    }
    draft_.refuse("config_variable_unknown", fmt::format("{}: no setting has this variable. {}", in_quotes(variable),
                                                         suggestion_or_list(variable, candidates)));
  }

  Draft& draft_;
  std::string_view prefix_;
  std::vector<Suffix> suffixes_;
  Origin::Kind kind_;
};

}  // namespace

void read_seed_variables(Draft& draft, const Variables& variables) {
  PlatformVariables platforms(draft, kSeedPlatformPrefix, seed_suffixes(), Origin::Kind::kSeedVariable);
  for (const auto& [name, value] : variables) {
    const auto setting = std::ranges::find_if(settings(), [&](const Setting<Config>& candidate) {
      return !candidate.seed_variable.empty() && candidate.seed_variable == name;
    });
    if (setting != settings().end()) {
      if (!value.empty()) draft.assign(*setting, given(value, Origin::Kind::kSeedVariable, name));
    } else if (name.starts_with(kSeedPlatformPrefix)) {
      platforms.read(name, value);
    }
    // Other AI_CS_* variables belong to the seed's own service, which may run beside us.
  }
}

void read_variables(Draft& draft, const Variables& variables) {
  PlatformVariables platforms(draft, kOwnPlatformPrefix, own_suffixes(), Origin::Kind::kVariable);
  std::vector<std::string> known{std::string(kOtherVariables.front())};
  for (const auto& setting : settings()) known.push_back(variable_name(setting));
  for (const auto& [name, value] : variables) {
    if (!name.starts_with(kOwnPrefix) || name.starts_with(kTestPrefix)) continue;
    if (std::ranges::find(kOtherVariables, name) != kOtherVariables.end()) continue;
    if (name.starts_with(kOwnPlatformPrefix)) {
      platforms.read(name, value);
      continue;
    }
    const auto setting = std::ranges::find_if(
        settings(), [&](const Setting<Config>& candidate) { return variable_name(candidate) == name; });
    if (setting == settings().end()) {
      draft.refuse("config_variable_unknown", fmt::format("{}: no setting has this variable. {}", in_quotes(name),
                                                          suggestion_or_list(name, known)));
    } else if (!value.empty()) {
      draft.assign(*setting, given(value, Origin::Kind::kVariable, name));
    }
  }
}

}  // namespace yizhan::config

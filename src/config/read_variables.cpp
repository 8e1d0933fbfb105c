// Environment variables: the seeds' (AI_CS_*, WEBHOOK_*, SUPA_*, CLOUD_FUNC_URL …), and our own YIZHAN_*. An empty
// variable counts as not set.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/draft.h"

namespace yizhan::config {
namespace {

constexpr std::string_view kOwnPrefix = "YIZHAN_";
/// What WEBHOOK_SECRET and WEBHOOK_REJECT_INVALID_SIGNATURE are about.
constexpr std::string_view kSeedSource = "express";

// YIZHAN_* names that are no settings: where the file is, what the client commands talk to, and what the tests use.
constexpr std::array<std::string_view, 9> kOtherVariables{
    "YIZHAN_CONFIG",     "YIZHAN_API_URL", "YIZHAN_API_KEY", "YIZHAN_MASTER_KEY",  "YIZHAN_MASTER_KEY_FILE",
    "YIZHAN_FAIL_POINT", "YIZHAN_ACTOR",   "YIZHAN_BINARY",  "YIZHAN_POSTGRES_BIN"};
constexpr std::string_view kTestPrefix = "YIZHAN_TEST_";

Given given(std::string_view value, Origin::Kind kind, const std::string& variable, bool single = false) {
  return {.value = value, .origin = {kind, variable}, .single = single};
}

/// A setting of a table as the last part of a variable's name.
template <class Owner>
struct VariableSuffix {
  std::string text;  // `BASE_URL`
  const Setting<Owner>* setting;
  bool single;
};

template <class Owner>
std::vector<VariableSuffix<Owner>> own_suffixes() {
  std::vector<VariableSuffix<Owner>> suffixes;
  for (const auto& setting : Table<Owner>::settings()) {
    suffixes.push_back({variable_part(setting.key), &setting, false});
    if (!setting.single.empty()) suffixes.push_back({variable_part(setting.single), &setting, true});
  }
  return suffixes;
}

/// The seeds have one secret, which may hold commas.
template <class Owner>
bool is_single_in_seed(const Setting<Owner>& setting) {
  return !setting.single.empty();
}

std::vector<VariableSuffix<Platform>> seed_suffixes() {
  std::vector<VariableSuffix<Platform>> suffixes;
  for (const auto& setting : platform_settings()) {
    if (setting.seed_variable.empty()) continue;
    suffixes.push_back({std::string(setting.seed_variable), &setting, is_single_in_seed(setting)});
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

/// The platform, source or route that `CRM_EU` means: one that is known already and is written so, or `crm_eu`.
template <class Owner>
std::string name_of_part(Draft& draft, std::string_view part) {
  for (const auto& [name, entry] : draft.entries<Owner>()) {
    if (variable_part(name) == part) return name;
  }
  return lower_case(part);
}

template <class Owner>
class TableVariables {
 public:
  TableVariables(Draft& draft, std::string_view prefix, std::vector<VariableSuffix<Owner>> suffixes, Origin::Kind kind)
      : draft_(draft), prefix_(prefix), suffixes_(std::move(suffixes)), kind_(kind) {}

  void read(const std::string& variable, std::string_view value) {
    const std::string_view rest = std::string_view(variable).substr(prefix_.size());
    // The longest suffix: CRM_INGRESS_SECRET is crm's ingress secret, not the secret of crm_ingress.
    const VariableSuffix<Owner>* longest = nullptr;
    for (const VariableSuffix<Owner>& suffix : suffixes_) {
      const bool matches = rest.size() > suffix.text.size() + 1 && rest.ends_with(suffix.text) &&
                           rest[rest.size() - suffix.text.size() - 1] == '_';
      if (matches && (longest == nullptr || suffix.text.size() > longest->text.size())) longest = &suffix;
    }
    if (longest == nullptr) return refuse(variable);
    const std::string_view part = rest.substr(0, rest.size() - longest->text.size() - 1);
    const std::string name = name_of_part<Owner>(draft_, part);
    if (variable_part(name) != part || !Table<Owner>::name_shape().matches(name)) return refuse(variable);
    if (value.empty()) return;
    Owner* entry = draft_.entry<Owner>(name, variable);
    draft_.assign(*entry, *longest->setting, given(value, kind_, variable, longest->single));
  }

 private:
  void refuse(const std::string& variable) {
    // The name may hold underscores, so each of them may be where the setting's name begins.
    constexpr std::size_t kLongest = 200;
    std::vector<std::string> candidates;
    if (variable.size() <= kLongest) {
      for (auto end = variable.find('_', prefix_.size()); end != std::string::npos; end = variable.find('_', end + 1)) {
        if (end == prefix_.size()) continue;
        for (const auto& suffix : suffixes_) candidates.push_back(variable.substr(0, end + 1) + suffix.text);
      }
    }
    if (candidates.empty()) {
      for (const auto& suffix : suffixes_) {
        candidates.push_back(fmt::format("{}{}_{}", prefix_, variable_part(Table<Owner>::kPlaceholder), suffix.text));
      }
    }
    draft_.refuse("config_variable_unknown", fmt::format("{}: no setting has this variable. {}", in_quotes(variable),
                                                         suggestion_or_list(variable, candidates)));
  }

  Draft& draft_;
  std::string_view prefix_;
  std::vector<VariableSuffix<Owner>> suffixes_;
  Origin::Kind kind_;
};

/// Each name that is set is checked; the one assigned last stands.
void read_seed_setting(Draft& draft, const Setting<Config>& setting, const Variables& variables) {
  std::vector<const Variables::value_type*> found;
  for (const std::string_view name : {setting.second_seed_variable, setting.seed_variable}) {
    const auto variable = variables.find(name);
    if (!name.empty() && variable != variables.end() && !variable->second.empty()) found.push_back(&*variable);
  }
  const auto says_yes = [&](const auto* each) { return parse_text(setting.kind, each->second) == Value(true); };
  if (found.size() == 2 && says_yes(found[0])) std::swap(found[0], found[1]);
  for (const auto* variable : found) {
    const auto& [name, value] = *variable;
    const std::string ours = setting.from_seed ? setting.from_seed(value) : value;
    draft.assign(setting, given(ours, Origin::Kind::kSeedVariable, name));
  }
}

}  // namespace

void read_seed_variables(Draft& draft, const Variables& variables) {
  constexpr std::string_view kPlatformPrefix = Table<Platform>::kSeedPrefix;
  TableVariables<Platform> platforms(draft, kPlatformPrefix, seed_suffixes(), Origin::Kind::kSeedVariable);
  for (const auto& setting : settings()) read_seed_setting(draft, setting, variables);
  for (const auto& [name, value] : variables) {
    const auto is_named = [&](const auto& setting) { return setting.seed_variable == name; };
    if (std::ranges::any_of(settings(), is_named)) continue;
    if (name.starts_with(kPlatformPrefix)) {
      platforms.read(name, value);
    } else if (const auto of_source = std::ranges::find_if(source_settings(), is_named);
               of_source != source_settings().end() && !value.empty()) {
      Source* source = draft.entry<Source>(std::string(kSeedSource), name);
      draft.assign(*source, *of_source, given(value, Origin::Kind::kSeedVariable, name, is_single_in_seed(*of_source)));
    }
    // Other AI_CS_* and WEBHOOK_* variables belong to the seeds' own services, which may run beside us.
  }
}

void read_variables(Draft& draft, const Variables& variables) {
  std::vector<std::string> known{std::string(kOtherVariables.front())};
  for (const auto& setting : settings()) known.push_back(variable_name(setting));
  for (const auto& [name, value] : variables) {
    if (!name.starts_with(kOwnPrefix) || name.starts_with(kTestPrefix)) continue;
    if (std::ranges::find(kOtherVariables, name) != kOtherVariables.end()) continue;
    bool of_table = false;
    for_each_table([&]<class Owner>(std::type_identity<Owner>) {
      if (of_table || !name.starts_with(Table<Owner>::kVariablePrefix)) return;
      of_table = true;
      TableVariables<Owner>(draft, Table<Owner>::kVariablePrefix, own_suffixes<Owner>(), Origin::Kind::kVariable)
          .read(name, value);
    });
    if (of_table) continue;
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

#include "config/draft.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/overload.h"
#include "config/suggestion.h"

namespace yizhan::config {
namespace {

std::string in_brackets(const std::string& where) {
  return where.empty() ? "" : fmt::format(" ({})", where);
}

std::string shown(const Given& given, Secrecy secrecy) {
  const auto* toml = std::get_if<std::optional<Value>>(&given.value);
  if (toml && !*toml) return "this value";
  const std::string plain = toml ? text_form(**toml) : std::string(std::get<std::string_view>(given.value));
  if (secrecy == Secrecy::kSecret) return masked(plain);
  if (secrecy == Secrecy::kPasswordInUrl) return in_quotes(without_password(plain));
  const bool is_text = !toml || std::holds_alternative<std::string>(**toml);
  return is_text ? in_quotes(plain) : shortened(toml_form(**toml));
}

Result<Value> parse(const Kind& kind, const Given& given) {
  return std::visit(Overload{
                        [&](std::string_view text) { return parse_text(kind, text); },
                        [&](const std::optional<Value>& toml) -> Result<Value> {
                          return toml ? parse_toml(kind, *toml) : fail("config_value_invalid", allowed_text(kind));
                        },
                    },
                    given.value);
}

/// The one text that was given; empty where it was something else.
std::string text_of(const Given& given) {
  const auto* toml = std::get_if<std::optional<Value>>(&given.value);
  if (!toml) return std::string(std::get<std::string_view>(given.value));
  const auto* text = *toml ? std::get_if<std::string>(&**toml) : nullptr;
  return text ? *text : "";
}

/// The text that stands for the whole value, if it is sealed: its shape is nothing to check.
std::optional<std::string> sealed_text(const Kind& kind, const Given& given) {
  if (!std::holds_alternative<TextKind>(kind)) return std::nullopt;
  std::string text = text_of(given);
  if (!text.starts_with(kSealedPrefix)) return std::nullopt;
  return text;
}

/// " Did you mean …?" where one of a choice is near.
std::string suggestion(const Kind& kind, const Given& given) {
  const auto* choice = std::get_if<ChoiceKind>(&kind);
  if (!choice) return "";
  const std::string meant = nearest(text_of(given), {choice->names.begin(), choice->names.end()});
  return meant.empty() ? "" : fmt::format(" Did you mean {}?", meant);
}

std::vector<std::string*> texts_of(Value& value) {
  std::vector<std::string*> texts;
  if (auto* text = std::get_if<std::string>(&value)) texts.push_back(text);
  if (auto* list = std::get_if<std::vector<std::string>>(&value)) {
    for (std::string& text : *list) texts.push_back(&text);
  }
  if (auto* table = std::get_if<TextTable>(&value)) {
    for (auto& [name, text] : *table) texts.push_back(&text);
  }
  return texts;
}

}  // namespace

std::optional<std::string> Draft::opened(const std::string& key, const Origin& origin, std::string text, bool needed) {
  if (!text.starts_with(kSealedPrefix)) return text;
  auto opened = how_.open_secret(text);
  if (opened) return std::move(*opened);
  if (needed || opened.error().code != "master_key_missing") {
    refuse(opened.error().code,
           fmt::format("{}{}: cannot be opened: {}.", key, in_brackets(origin.where), opened.error().message));
  }
  return std::nullopt;
}

std::optional<Result<Value>> Draft::open(const Kind& kind, const std::string& key, Secrecy secrecy,
                                         const Given& given) {
  const auto sealed = sealed_text(kind, given);
  Result<Value> value = sealed ? Value(*sealed) : parse(kind, given);
  if (!value) return value;
  bool in_clear = false;
  bool was_sealed = false;
  for (std::string* const text : texts_of(*value)) {
    const bool is_sealed = text->starts_with(kSealedPrefix);
    was_sealed = was_sealed || is_sealed;
    in_clear =
        in_clear || (!is_sealed && (secrecy == Secrecy::kSecret ? !text->empty() : without_password(*text) != *text));
    auto plain = opened(key, given.origin, *text, how_.serving || secrecy == Secrecy::kPasswordInUrl);
    if (!plain) return std::nullopt;
    *text = std::move(*plain);
  }
  if (in_clear && given.origin.kind == Origin::Kind::kFile) secrets_in_clear_.push_back(key);
  return was_sealed ? parse_toml(kind, *value) : value;
}

template <class Owner>
void Draft::put(Owner& owner, const Setting<Owner>& setting, const std::string& key, const Given& given) {
  const auto* list = std::get_if<TextListKind>(&setting.kind);
  const Kind kind = given.single && list ? Kind(TextKind{list->shape, false}) : setting.kind;
  const auto read =
      setting.secrecy == Secrecy::kPublic ? std::optional(parse(kind, given)) : open(kind, key, setting.secrecy, given);
  if (!read) return set_origin(key, given.origin);
  Result<Value> value = *read;
  if (!value) {
    refused_.insert(key);
    refuse(value.error().code,
           fmt::format("{} = {}{}: must be {}.{}", key, shown(given, setting.secrecy), in_brackets(given.origin.where),
                       value.error().message, suggestion(kind, given)));
    return;
  }
  if (given.single) value = Value(std::vector{std::get<std::string>(*value)});
  setting.field.write(owner, *value);
  set_origin(key, given.origin);
}

void Draft::assign(const Setting<Config>& setting, const Given& given) {
  put(config_, setting, std::string(setting.key), given);
}

template <class Owner>
void Draft::assign(Owner& entry, const Setting<Owner>& setting, const Given& given) {
  const std::string key = table_key<Owner>(entry.name, setting.key);
  const auto earlier = origins_.find(key);
  // Two names for one list: within one input nobody could say which should win.
  if (!setting.single.empty() && given.origin.kind != Origin::Kind::kFlag && earlier != origins_.end() &&
      earlier->second.kind == given.origin.kind) {
    refuse("config_value_invalid",
           fmt::format("{} ({}): {} and {} are two names of one setting, and {} gave it already. "
                       "Keep one of them.",
                       key, given.origin.where, setting.single, setting.key, earlier->second.where));
    return;
  }
  put(entry, setting, key, given);
}
template void Draft::assign(Platform&, const Setting<Platform>&, const Given&);
template void Draft::assign(Source&, const Setting<Source>&, const Given&);
template void Draft::assign(Route&, const Setting<Route>&, const Given&);
template void Draft::assign(NotifyTemplate&, const Setting<NotifyTemplate>&, const Given&);
template void Draft::assign(AlertChannel&, const Setting<AlertChannel>&, const Given&);

template <class Owner>
Owner* Draft::entry(const std::string& name, const std::string& where) {
  using Words = Table<Owner>;
  if (!Words::name_shape().matches(name)) {
    refuse("config_key_unknown",
           fmt::format("{}.{}{}: a {}'s {} must be {}.", Words::kName, in_quotes(name), in_brackets(where), Words::kOne,
                       Words::kIsList ? "place" : "name", Words::name_shape().allowed));
    return nullptr;
  }
  Owner& owner = entries<Owner>()[name];
  owner.name = name;
  return &owner;
}
template Platform* Draft::entry(const std::string&, const std::string&);
template Source* Draft::entry(const std::string&, const std::string&);
template Route* Draft::entry(const std::string&, const std::string&);
template NotifyTemplate* Draft::entry(const std::string&, const std::string&);
template AlertChannel* Draft::entry(const std::string&, const std::string&);

void Draft::refuse(std::string_view code, std::string message) {
  problems_.push_back({code, std::move(message)});
}

void Draft::refuse_value(const std::string& key, std::string_view what) {
  refuse("config_value_invalid", fmt::format("{}{}: {}", key, in_brackets(origin(key).where), what));
}

void Draft::warn(const std::string& key, std::string_view what) {
  warnings_.push_back(fmt::format("{}{}: {}", key, in_brackets(origin(key).where), what));
}

Origin Draft::origin(std::string_view key) const {
  const auto found = origins_.find(key);
  return found == origins_.end() ? Origin{} : found->second;
}

std::expected<Loaded, Problems> Draft::finish(std::string file) && {
  if (!problems_.empty()) return std::unexpected(std::move(problems_));
  for (auto& [name, platform] : entries<Platform>()) config_.platforms.push_back(std::move(platform));
  for (auto& [name, source] : entries<Source>()) config_.sources.push_back(std::move(source));
  for (auto& [name, route] : entries<Route>()) config_.routes.push_back(std::move(route));
  for (auto& [name, each] : entries<NotifyTemplate>()) config_.notify_templates.push_back(std::move(each));
  for (auto& [name, channel] : entries<AlertChannel>()) config_.alert_channels.push_back(std::move(channel));
  return Loaded{std::move(config_), std::move(origins_), std::move(file), std::move(warnings_),
                std::move(secrets_in_clear_)};
}

const Setting<Config>* find_setting(std::string_view key) {
  const auto found = std::ranges::find(settings(), key, &Setting<Config>::key);
  return found == settings().end() ? nullptr : &*found;
}

std::vector<std::string> keys_of_section(std::string_view section) {
  std::vector<std::string> keys;
  for (const auto& setting : settings()) {
    if (section_of(setting.key) != section) continue;
    keys.emplace_back(section.empty() ? setting.key : setting.key.substr(section.size() + 1));
  }
  return keys;
}

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const auto& setting : settings()) {
    const std::string_view section = section_of(setting.key);
    if (!section.empty() && std::ranges::find(names, section) == names.end()) names.emplace_back(section);
  }
  return names;
}

std::string suggestion_or_list(std::string_view written, const std::vector<std::string>& candidates) {
  const std::string meant = nearest(written, candidates);
  if (!meant.empty()) return fmt::format("Did you mean {}?", meant);
  return fmt::format("There are: {}.", fmt::join(candidates, ", "));
}

}  // namespace yizhan::config

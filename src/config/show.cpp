#include "config/show.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"
#include "config/tables.h"

namespace yizhan::config {
namespace {

/// The value as it may be seen.
Value masked_value(const Value& value, Secrecy secrecy) {
  if (secrecy == Secrecy::kPublic) return value;
  if (const auto* text = std::get_if<std::string>(&value)) {
    return Value(secrecy == Secrecy::kSecret ? masked(*text) : without_password(*text));
  }
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    std::vector<std::string> items;
    std::ranges::transform(*list, std::back_inserter(items), masked);
    return Value(std::move(items));
  }
  TextTable table = std::get<TextTable>(value);
  for (auto& [name, text] : table) text = masked(text);
  return Value(std::move(table));
}

template <class Owner>
ShownSetting shown(const Owner& owner, const Setting<Owner>& setting, std::string key, const Origins& origins) {
  const Value plain = setting.field.read(owner);
  const Value visible = masked_value(plain, setting.secrecy);
  const auto origin = origins.find(key);
  return {.key = std::move(key),
          .value = toml_form(visible),
          .json = json_form(visible),
          .origin = origin == origins.end() ? Origin{} : origin->second,
          .masked = visible != plain};
}

template <class Owner>
void show_table(const std::vector<Owner>& entries, const Origins& origins, std::vector<ShownSetting>& all) {
  for (const Owner& entry : entries) {
    for (const auto& setting : Table<Owner>::settings()) {
      all.push_back(shown(entry, setting, table_key<Owner>(entry.name, setting.key), origins));
    }
  }
}

std::string origin_text(const Origin& origin) {
  switch (origin.kind) {
    case Origin::Kind::kDefault:
      return "default";
    case Origin::Kind::kFile:
      return origin.where;
    case Origin::Kind::kSeedVariable:
    case Origin::Kind::kVariable:
      return "$" + origin.where;
    case Origin::Kind::kFlag:
      return origin.where;
  }
  return {};
}

/// Characters, as far as a column's width goes: bytes that do not continue a UTF-8 sequence.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string_view to_string(Origin::Kind kind) {
  switch (kind) {
    case Origin::Kind::kDefault:
      return "default";
    case Origin::Kind::kFile:
      return "file";
    case Origin::Kind::kSeedVariable:
      return "seed variable";
    case Origin::Kind::kVariable:
      return "variable";
    case Origin::Kind::kFlag:
      return "flag";
  }
  return {};
}

std::vector<ShownSetting> shown_settings(const Loaded& loaded) {
  std::vector<ShownSetting> all;
  for (const auto& setting : settings()) {
    all.push_back(shown(loaded.config, setting, std::string(setting.key), loaded.origins));
  }
  show_table(loaded.config.platforms, loaded.origins, all);
  show_table(loaded.config.sources, loaded.origins, all);
  show_table(loaded.config.routes, loaded.origins, all);
  show_table(loaded.config.notify_templates, loaded.origins, all);
  show_table(loaded.config.alert_channels, loaded.origins, all);
  return all;
}

std::string show_text(const Loaded& loaded) {
  const auto all = shown_settings(loaded);
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const ShownSetting& setting : all) {
    key_width = std::max(key_width, setting.key.size());
    value_width = std::max(value_width, std::min<std::size_t>(width(setting.value), 48));
  }
  std::string text;
  for (const ShownSetting& setting : all) {
    const std::size_t used = width(setting.value);
    text += fmt::format("{:<{}}  {}{}  {}\n", setting.key, key_width, setting.value,
                        std::string(used < value_width ? value_width - used : 0, ' '), origin_text(setting.origin));
  }
  return text;
}

std::string show_json(const Loaded& loaded) {
  JsonWriter out;
  out.begin_object().text("file", loaded.file).key("settings").begin_array();
  for (const ShownSetting& setting : shown_settings(loaded)) {
    out.begin_object().text("key", setting.key).raw("value", setting.json);
    out.text("source", to_string(setting.origin.kind)).text("where", setting.origin.where);
    out.boolean("masked", setting.masked).end_object();
  }
  return out.end_array().texts("warnings", loaded.warnings).end_object().take();
}

}  // namespace yizhan::config

// The tables of which there may be several: [platforms.<name>], [sources.<name>], [[routes]],
// [[notify_templates]], [alert_channels.<name>]. How they are read, shown and documented is the same for each and
// written once; what differs is said here. Private to config.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "config/setting.h"
#include "config/shape.h"

namespace yizhan::config {

template <class Owner>
struct Table;

template <>
struct Table<Platform> {
  static constexpr std::string_view kName = "platforms";
  static constexpr std::string_view kOne = "platform";
  static constexpr std::string_view kPlaceholder = "<name>";  ///< in key names, for people
  static constexpr std::string_view kVariablePrefix = "YIZHAN_PLATFORM_";
  static constexpr std::string_view kSeedPrefix = "AI_CS_PLATFORM_";  ///< before the name
  static constexpr bool kIsList = false;                              ///< in TOML: [[routes]], numbered from 1
  static const Shape& name_shape() { return config::kName; }
  static const std::vector<Setting<Platform>>& settings() { return platform_settings(); }
};

template <>
struct Table<Source> {
  static constexpr std::string_view kName = "sources";
  static constexpr std::string_view kOne = "source";
  static constexpr std::string_view kPlaceholder = "<name>";
  static constexpr std::string_view kVariablePrefix = "YIZHAN_SOURCE_";
  static constexpr bool kIsList = false;
  static const Shape& name_shape() { return config::kName; }
  static const std::vector<Setting<Source>>& settings() { return source_settings(); }
};

template <>
struct Table<Route> {
  static constexpr std::string_view kName = "routes";
  static constexpr std::string_view kOne = "route";
  static constexpr std::string_view kPlaceholder = "<number>";
  static constexpr std::string_view kVariablePrefix = "YIZHAN_ROUTE_";
  static constexpr bool kIsList = true;
  static const Shape& name_shape() { return kPlaceInList; }
  static const std::vector<Setting<Route>>& settings() { return route_settings(); }
};

template <>
struct Table<NotifyTemplate> {
  static constexpr std::string_view kName = "notify_templates";
  static constexpr std::string_view kOne = "notify template";
  static constexpr std::string_view kPlaceholder = "<number>";
  static constexpr std::string_view kVariablePrefix = "YIZHAN_NOTIFY_TEMPLATE_";
  static constexpr bool kIsList = true;
  static const Shape& name_shape() { return kPlaceInList; }
  static const std::vector<Setting<NotifyTemplate>>& settings() { return notify_template_settings(); }
};

template <>
struct Table<AlertChannel> {
  static constexpr std::string_view kName = "alert_channels";
  static constexpr std::string_view kOne = "alert channel";
  static constexpr std::string_view kPlaceholder = "<name>";
  static constexpr std::string_view kVariablePrefix = "YIZHAN_ALERT_CHANNEL_";
  static constexpr bool kIsList = false;
  static const Shape& name_shape() { return config::kName; }
  static const std::vector<Setting<AlertChannel>>& settings() { return alert_channel_settings(); }
};

/// Names in the order in which they are shown: numbers by their value.
template <class Owner>
struct NameOrder {
  bool operator()(std::string_view left, std::string_view right) const {
    if (Table<Owner>::kIsList && left.size() != right.size()) return left.size() < right.size();
    return left < right;
  }
};
template <class Owner>
using Entries = std::map<std::string, Owner, NameOrder<Owner>>;

/// Calls `visit(std::type_identity<Owner>{})` for each kind of table, in the order of the documents.
template <class Visit>
void for_each_table(Visit visit) {
  visit(std::type_identity<Platform>{});
  visit(std::type_identity<Source>{});
  visit(std::type_identity<Route>{});
  visit(std::type_identity<NotifyTemplate>{});
  visit(std::type_identity<AlertChannel>{});
}

/// `platforms.crm.base_url`
template <class Owner>
std::string table_key(std::string_view name, std::string_view key) {
  return fmt::format("{}.{}.{}", Table<Owner>::kName, name, key);
}
/// `YIZHAN_PLATFORM_CRM_BASE_URL`
template <class Owner>
std::string table_variable(std::string_view name, std::string_view key) {
  return fmt::format("{}{}_{}", Table<Owner>::kVariablePrefix, variable_part(name), variable_part(key));
}

template <class Owner>
struct TableMatch {
  const Setting<Owner>* setting = nullptr;  ///< null: there is no such setting
  bool single = false;                      ///< the key is the setting's `single` name
};
template <class Owner>
TableMatch<Owner> find_table_setting(std::string_view key) {
  for (const auto& setting : Table<Owner>::settings()) {
    if (setting.key == key) return {&setting, false};
    if (!setting.single.empty() && setting.single == key) return {&setting, true};
  }
  return {};
}
template <class Owner>
std::vector<std::string> table_setting_keys() {
  std::vector<std::string> keys;
  for (const auto& setting : Table<Owner>::settings()) {
    keys.emplace_back(setting.key);
    if (!setting.single.empty()) keys.emplace_back(setting.single);
  }
  return keys;
}

}  // namespace yizhan::config

#include "config/change.h"

#include <algorithm>
#include <set>

#include "config/tables.h"

namespace yizhan::config {
namespace {

template <class Owner>
bool same(const Owner& left, const Owner& right) {
  return std::ranges::all_of(Table<Owner>::settings(), [&](const Setting<Owner>& setting) {
    return setting.field.read(left) == setting.field.read(right);
  });
}

template <class Owner>
void compare_tables(const std::vector<Owner>& before, const std::vector<Owner>& after,
                    std::vector<std::string>& changed) {
  const auto find = [](const std::vector<Owner>& all, const std::string& name) {
    const auto found = std::ranges::find(all, name, &Owner::name);
    return found == all.end() ? nullptr : &*found;
  };
  std::set<std::string, NameOrder<Owner>> names;
  for (const Owner& each : before) names.insert(each.name);
  for (const Owner& each : after) names.insert(each.name);
  for (const std::string& name : names) {
    const Owner* const left = find(before, name);
    const Owner* const right = find(after, name);
    if (left != nullptr && right != nullptr && same(*left, *right)) continue;
    changed.push_back(fmt::format("{}.{}", Table<Owner>::kName, name));
  }
}

}  // namespace

Change prepare_change(const Config& in_force, Config& next) {
  Change change;
  for (const auto& setting : settings()) {
    const Value before = setting.field.read(in_force);
    if (setting.field.read(next) == before) continue;
    if (!setting.needs_restart) {
      change.changed.emplace_back(setting.key);
      continue;
    }
    change.needs_restart.emplace_back(setting.key);
    setting.field.write(next, before);
  }
  compare_tables(in_force.platforms, next.platforms, change.changed);
  compare_tables(in_force.sources, next.sources, change.changed);
  compare_tables(in_force.routes, next.routes, change.changed);
  compare_tables(in_force.notify_templates, next.notify_templates, change.changed);
  compare_tables(in_force.alert_channels, next.alert_channels, change.changed);
  return change;
}

}  // namespace yizhan::config

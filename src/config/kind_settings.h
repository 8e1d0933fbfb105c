// Tables whose settings depend on a kind ([sources.<name>], [alert_channels.<name>]): what does not belong to the kind
// is taken back. Private to config.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "config/draft.h"

namespace yizhan::config {

/// Settings that other kinds have and this one does not are as if nobody had given them, with a warning. `own`: those
/// of this kind; `is_of_some_kinds`: whether a setting is of some kinds only.
template <class Owner>
void drop_settings_of_other_kinds(Draft& draft, Owner& owner, std::string_view kind,
                                  const std::vector<std::string_view>& own,
                                  bool (*is_of_some_kinds)(std::string_view)) {
  static const Owner kPlain;
  for (const auto& setting : Table<Owner>::settings()) {
    const std::string key = table_key<Owner>(owner.name, setting.key);
    if (!is_of_some_kinds(setting.key) || std::ranges::find(own, setting.key) != own.end()) continue;
    if (!draft.was_given(key)) continue;
    draft.warn(key, fmt::format("has no effect while {} is {}.", table_key<Owner>(owner.name, "kind"), kind));
    setting.field.write(owner, setting.field.read(kPlain));
    draft.set_origin(key, {});
  }
}

}  // namespace yizhan::config

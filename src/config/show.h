// The configuration in force, for people and programs: each value, where it came from, secrets masked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace yizhan::config {

struct ShownSetting {
  std::string key;    ///< `outbound.allow`, `platforms.crm.base_url`
  std::string value;  ///< as TOML writes it; a secret masked: `"whse…(38 characters)"`
  std::string json;   ///< the same as JSON
  Origin origin;
  bool masked = false;
};

/// `default`, `file`, `seed variable`, `variable`, `flag`
std::string_view to_string(Origin::Kind kind);

/// Every setting, in the order of the declarations, then each platform's, source's, route's and template's.
std::vector<ShownSetting> shown_settings(const Loaded& loaded);

/// One setting a line, in columns: key, value, where it came from.
std::string show_text(const Loaded& loaded);
/// `{"file":…,"settings":[{"key":…,"value":…,"source":…,"where":…,"masked":…}],"warnings":[…]}`
std::string show_json(const Loaded& loaded);

}  // namespace yizhan::config

// The documents that are generated from the declarations: docs/configuration.md (`yizhan config docs`) and
// docs/yizhan.sample.toml (`yizhan config sample`); and the list of settings that shell completion and `--help` offer.
#pragma once

#include <string>
#include <vector>

namespace yizhan::config {

/// A setting, in words.
struct SettingDescription {
  std::string section;  ///< `` (top level), `outbound`, `platforms.<name>`, `sources.<name>`,
                        ///< `routes.<number>`, `notify_templates.<number>`
  std::string key;      ///< `outbound.allow`, `platforms.<name>.base_url`
  std::string allowed;  ///< `a whole number from 100 to 300000 milliseconds, or …`
  /// As TOML writes it; empty where there is none, or where it depends on other settings (default_note says how).
  std::string default_value;
  std::string default_note;
  std::string sample_value;                 ///< as TOML writes it: the default, for a table that nothing was said about
  std::string variable;                     ///< `YIZHAN_OUTBOUND_ALLOW`, `YIZHAN_PLATFORM_<NAME>_BASE_URL`
  std::vector<std::string> seed_variables;  ///< `AI_CS_PLATFORM_<NAME>_CALLBACK_BASE_URL`; none for most
  std::string flag;                         ///< `--roles`; empty for most
  std::string help;                         ///< markdown
  bool needs_restart = false;
  bool secret = false;
};
/// In the order of the declarations, then those of the tables of which there may be several.
std::vector<SettingDescription> describe_settings();

std::string reference_markdown();
/// Every setting with its default, commented out; taking `#` away from a line that begins with `#name =` sets it.
std::string sample_toml();

}  // namespace yizhan::config

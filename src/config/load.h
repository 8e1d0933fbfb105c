// From the inputs to a Config. Later inputs win: built-in defaults, the TOML file, the seeds' variables (AI_CS_*,
// WEBHOOK_*, SUPA_* …), YIZHAN_* variables, flags. Everything that is wrong is reported at once, and nothing is used
// unless all of it is right.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/config.h"

namespace yizhan::config {

/// One setting given on the command line.
struct Flag {
  std::string key;       ///< `outbound.allow`, `platforms.crm.base_url`
  std::string value;     ///< as in a variable: lists are comma-separated
  std::string shown_as;  ///< how the user wrote it: `--set`, `--roles`
};
/// `section.name=value`, the argument of --set. Code `config_key_unknown` when there is no `=`.
Result<Flag> parse_set_flag(std::string_view argument);

/// A text that begins so is a secret that is sealed.
inline constexpr std::string_view kSealedPrefix = "sealed:";
/// Opens one. Codes `master_key_missing`, and others of whoever does it; the message completes "… cannot be opened: ".
using OpenSecret = std::function<Result<std::string>(std::string_view sealed)>;

using Variables = std::map<std::string, std::string, std::less<>>;
/// The process's environment.
Variables process_variables();

/// What a configuration is read from.
struct Inputs {
  /// --config. Without it YIZHAN_CONFIG, without that ./yizhan.toml if it exists.
  std::optional<std::string> file;
  Variables variables;
  std::vector<Flag> flags;
  /// False for commands that look at the store beside the service: a platform or a source without a secret is then no
  /// problem, nor is a secret file that cannot be read, because secrets may be for the service only.
  bool serving = true;
  /// Reads a whole file; empty function: from disk, at most 1 MiB. A path that does not exist: code `file_missing`.
  std::function<Result<std::string>(const std::string& path)> read_file;
  /// Empty function: nothing can be opened, `master_key_missing`.
  OpenSecret open_secret;
};

/// Where a value came from.
struct Origin {
  enum class Kind { kDefault, kFile, kSeedVariable, kVariable, kFlag } kind = Kind::kDefault;
  /// `yizhan.toml:12`, `AI_CS_PLATFORM_CRM_CALLBACK_BASE_URL`, `--set`; empty for a default.
  std::string where;
};
/// By key (`outbound.allow`, `platforms.crm.base_url`, `routes.1.source`); a key that is not in it has its default.
using Origins = std::map<std::string, Origin, std::less<>>;

struct Loaded {
  Config config;
  Origins origins;
  std::string file;  ///< the TOML file that was read; empty: none
  /// What is allowed but hardly meant; one sentence each, for the log.
  std::vector<std::string> warnings;
  /// Settings whose secrets lie in clear in the TOML file.
  std::vector<std::string> secrets_in_clear;
};

/// One thing that is wrong. Codes: `config_key_unknown`, `config_value_invalid`, `config_file_unreadable`,
/// `config_file_invalid`, `config_variable_unknown`, `secret_in_clear` (secrets.require_sealed), and those of
/// Inputs::open_secret. The message names the key, the value (a secret masked), where it
/// stands and what is allowed.
using Problems = std::vector<Error>;

std::expected<Loaded, Problems> load(const Inputs& inputs);

/// One line each, for standard error.
std::string to_text(const Problems& problems);

}  // namespace yizhan::config

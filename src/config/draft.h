// A configuration in the making: the inputs write into it one after the other, the later over the earlier, and what is
// wrong is gathered. Private to config.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/load.h"
#include "config/setting.h"
#include "config/tables.h"

namespace yizhan::config {

/// A value as an input gave it.
struct Given {
  /// A text (variables and flags), or what a TOML file holds; a TOML value that no setting takes is `nullopt`.
  std::variant<std::string_view, std::optional<Value>> value;
  Origin origin;
  bool single = false;  ///< given by the setting's `single` name: the only item of its list
};

using ReadFile = std::function<Result<std::string>(const std::string& path)>;
struct Completion {
  const ReadFile& read_file;
  const OpenSecret& open_secret;
  bool serving;  ///< Inputs::serving
};

class Draft {
 public:
  /// `how` outlives this.
  explicit Draft(const Completion& how) : how_(how) {}

  Config& config() { return config_; }
  /// All platforms, sources, routes or templates so far.
  template <class Owner>
  Entries<Owner>& entries() {
    return std::get<Entries<Owner>>(tables_);
  }
  /// The one of that name, made when it is new. Null, with a problem, when the name is not allowed.
  template <class Owner>
  Owner* entry(const std::string& name, const std::string& where);

  /// Puts a top-level or section setting.
  void assign(const Setting<Config>& setting, const Given& given);
  template <class Owner>
  void assign(Owner& entry, const Setting<Owner>& setting, const Given& given);

  void refuse(std::string_view code, std::string message);
  /// `config_value_invalid` for a value that is wrong together with others.
  void refuse_value(const std::string& key, std::string_view what);
  void warn(const std::string& key, std::string_view what);

  /// Default when nothing was said about the key.
  Origin origin(std::string_view key) const;
  void set_origin(const std::string& key, Origin origin) { origins_[key] = std::move(origin); }
  bool was_given(std::string_view key) const { return origins_.contains(key); }
  /// A value was given that is no good, and nothing took its place.
  bool was_refused(const std::string& key) const { return refused_.contains(key) && !was_given(key); }

  /// The settings whose secrets the file gave in clear.
  const std::vector<std::string>& secrets_in_clear() const { return secrets_in_clear_; }
  /// A secret that stands sealed, opened; others as they are. Nothing where it cannot be opened: with a problem, but
  /// for a master key that is missing where the secret is not `needed`: only the service may have it.
  std::optional<std::string> opened(const std::string& key, const Origin& origin, std::string text, bool needed);

  std::expected<Loaded, Problems> finish(std::string file) &&;

 private:
  template <class Owner>
  void put(Owner& owner, const Setting<Owner>& setting, const std::string& key, const Given& given);

  /// Opens what stands sealed in the value of a secret setting, and checks it. Nothing as opened().
  std::optional<Result<Value>> open(const Kind& kind, const std::string& key, Secrecy secrecy, const Given& given);

  const Completion& how_;
  std::vector<std::string> secrets_in_clear_;
  Config config_;
  std::tuple<Entries<Platform>, Entries<Source>, Entries<Route>, Entries<NotifyTemplate>, Entries<AlertChannel>>
      tables_;
  Origins origins_;
  std::set<std::string> refused_;
  Problems problems_;
  std::vector<std::string> warnings_;
};

/// The setting of that key; null when there is none.
const Setting<Config>* find_setting(std::string_view key);
/// The keys below [section]; of the top level for an empty section.
std::vector<std::string> keys_of_section(std::string_view section);
std::vector<std::string> section_names();

/// Completes "There is no such setting": what may have been meant, or what there is.
std::string suggestion_or_list(std::string_view written, const std::vector<std::string>& candidates);

// ---- the inputs, in the order in which they are read
// -------------------------------------------------------------------

void read_toml(Draft& draft, std::string_view text, const std::string& file);
void read_seed_variables(Draft& draft, const Variables& variables);
void read_variables(Draft& draft, const Variables& variables);
void read_flags(Draft& draft, const std::vector<Flag>& flags);

// ---- what is known only when every input has been read: derived defaults, secret files, and what must hold between
// settings

void complete(Draft& draft, const Completion& how);
void complete_platforms(Draft& draft, const Completion& how);
void complete_sources(Draft& draft, const Completion& how);
void complete_routes(Draft& draft, const Completion& how);
void complete_notify(Draft& draft, const Completion& how);
void complete_push(Draft& draft, const Completion& how);
void complete_alert_channels(Draft& draft, const Completion& how);
void complete_alerts(Draft& draft);

}  // namespace yizhan::config

// What is known only when every input has been read: defaults that depend on other settings, and what must hold
// between settings.
#include <fmt/format.h>

#include "config/draft.h"

namespace yizhan::config {
namespace {

void check_certificate(Draft& draft, const std::string& section, const ServerSection& server) {
  if (server.certificate_file.empty() == server.key_file.empty()) return;
  draft.refuse_value(section + (server.key_file.empty() ? ".key_file" : ".certificate_file"),
                     "must be set too: a certificate and its key go together.");
}

std::string in_data_dir(const Config& config, std::string_view name) {
  return fmt::format("{}{}{}", config.data_dir, config.data_dir.ends_with('/') ? "" : "/", name);
}

/// `a-b` and `a_b` would share their variables.
template <class Owner>
void check_names(Draft& draft) {
  std::map<std::string, std::string> by_variable;
  for (const auto& [name, entry] : draft.entries<Owner>()) {
    const auto [first, is_new] = by_variable.emplace(variable_part(name), name);
    if (!is_new) {
      draft.refuse("config_value_invalid",
                   fmt::format("{0}.{1} and {0}.{2}: both are called {3} in variables. Rename one.",
                               Table<Owner>::kName, first->second, name, first->first));
    }
  }
}

void refuse_secrets_in_clear(Draft& draft) {
  if (!draft.config().secrets.require_sealed) return;
  for (const std::string& key : draft.secrets_in_clear()) {
    draft.refuse("secret_in_clear",
                 fmt::format("{}: stands in clear in the file, and secrets.require_sealed is set. Seal it with 'yizhan "
                             "secrets seal', or give it in a file of its own.",
                             key));
  }
}

}  // namespace

void complete(Draft& draft, const Completion& how) {
  Config& config = draft.config();
  if (config.store.url.empty()) {
    config.store.url = "sqlite:" + in_data_dir(config, "yizhan.db");
  }
  if (config.log.file.empty()) config.log.file = in_data_dir(config, "yizhan.log");
  check_certificate(draft, "api", config.api);
  check_certificate(draft, "receive", config.receive.server);
  check_certificate(draft, "push", config.push.server);
  for_each_table([&]<class Owner>(std::type_identity<Owner>) { check_names<Owner>(draft); });
  complete_platforms(draft, how);
  complete_sources(draft, how);
  complete_routes(draft, how);
  complete_notify(draft, how);
  complete_push(draft, how);
  complete_alert_channels(draft, how);
  complete_alerts(draft);
  refuse_secrets_in_clear(draft);
}

}  // namespace yizhan::config

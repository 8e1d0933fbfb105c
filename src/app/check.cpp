#include "app/check.h"

#include "api/access.h"
#include "api/push_access.h"
#include "app/platforms.h"
#include "app/sources.h"

namespace yizhan::app {

Result<void> check(const config::Config& config) {
  if (const auto platforms = make_platforms(config); !platforms) return std::unexpected(platforms.error());
  if (!config.roles.receive) return {};
  if (const auto sources = make_sources(config); !sources) return std::unexpected(sources.error());
  if (const auto routes = make_routes(config); !routes) return std::unexpected(routes.error());
  const auto address = http::parse_listen_address(config.listen.receive);
  if (!address) return std::unexpected(address.error());
  return check_receiver(*address, config);
}

Result<void> check_credentials(const config::Config& config, const std::vector<store::ApiKey>& keys) {
  if (config.roles.console) {
    const auto address = http::parse_listen_address(config.listen.api);
    if (!address) return std::unexpected(address.error());
    if (auto allowed = api::check_listener(*address, keys); !allowed) return allowed;
  }
  if (!config.roles.push) return {};
  const auto address = http::parse_listen_address(config.listen.push);
  if (!address) return std::unexpected(address.error());
  return api::check_push_listener(*address, !config.push.jwt_secret.empty(), keys);
}

}  // namespace yizhan::app

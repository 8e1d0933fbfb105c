#include "app/check.h"

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

}  // namespace yizhan::app

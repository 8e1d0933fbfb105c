#include "cli/event_endpoint.h"

#include <fmt/format.h>

#include "dispatch/route.h"
#include "http/client.h"

namespace yizhan::cli {
namespace {

std::string configured_names(const config::Config& config) {
  std::string names;
  for (const config::Platform& platform : config.platforms) {
    if (!names.empty()) names += ", ";
    names += platform.name;
  }
  return names.empty() ? "none" : names;
}

}  // namespace

Result<EventEndpoint> event_endpoint(const config::Config& config, const std::string& platform,
                                     const std::string& callback_target) {
  const config::Platform* known = config.find_platform(platform);
  if (known == nullptr) {
    return fail("unknown_platform",
                fmt::format("platform '{}' is not configured; configured are: {}", platform, configured_names(config)));
  }
  const auto url = http::join_url(known->base_url, callback_target);
  if (!url) return std::unexpected(url.error());
  EventEndpoint endpoint;
  endpoint.url = url->without_query();
  endpoint.key = dispatch::endpoint_key(platform, endpoint.url);
  return endpoint;
}

}  // namespace yizhan::cli

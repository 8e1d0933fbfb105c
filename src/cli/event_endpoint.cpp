#include "cli/event_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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

Result<DisabledEndpoints> DisabledEndpoints::read(store::Store& store) {
  auto endpoints = store.disabled_endpoints();
  if (!endpoints) return std::unexpected(endpoints.error());
  DisabledEndpoints disabled;
  disabled.endpoints_ = std::move(*endpoints);
  return disabled;
}

const store::DisabledEndpoint* DisabledEndpoints::of(const store::Event& event, const config::Config& config) const {
  if (endpoints_.empty()) return nullptr;
  const auto endpoint = event_endpoint(config, event.platform, event.callback_target);
  if (!endpoint) return nullptr;
  const auto found = std::ranges::find(endpoints_, endpoint->key, &store::DisabledEndpoint::endpoint_key);
  return found == endpoints_.end() ? nullptr : &*found;
}

}  // namespace yizhan::cli

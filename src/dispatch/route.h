// Where an event goes: its platform, the URL, and the endpoint that URL belongs to. An endpoint is a platform and a URL
// without its query; it is the unit of in-flight caps, rates, breakers and claims, so that one that hangs costs no
// other.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "dispatch/platform.h"

namespace yizhan::dispatch {

struct Route {
  std::shared_ptr<const Platform> platform;
  std::shared_ptr<const http::Url> url;
  std::int64_t endpoint_key = 0;
  std::string endpoint_url;  ///< without query
};

/// The same on every node and in every version: rows carry it.
std::int64_t endpoint_key(std::string_view platform, std::string_view endpoint_url);

}  // namespace yizhan::dispatch

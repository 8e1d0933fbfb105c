#include "app/channel_route.h"

namespace yizhan::app {

std::shared_ptr<dispatch::Route> make_channel_route(std::string platform, const std::string& endpoint_url,
                                                    const DeliveryPolicy& policy) {
  auto route = std::make_shared<dispatch::Route>();
  route->endpoint_url = endpoint_url;
  route->endpoint_key = dispatch::endpoint_key(platform, endpoint_url);
  auto described = std::make_shared<dispatch::Platform>();
  described->name = std::move(platform);
  described->base_url = endpoint_url;
  described->policy = policy;
  described->ordered = false;
  route->platform = std::move(described);
  return route;
}

}  // namespace yizhan::app

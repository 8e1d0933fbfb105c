#include "dispatch/lane.h"

namespace yizhan::dispatch {

Result<std::shared_ptr<const Route>> name_endpoint(Lane& lane, store::NewEvent& event) {
  auto route = lane.route(event.event.platform, event.event.callback_target);
  if (!route) {
    if (route.error().code == "platform_disabled") return nullptr;
    return route;
  }
  event.endpoint_key = (*route)->endpoint_key;
  if (!(*route)->platform->ordered) event.event.order_key.clear();
  return route;
}

}  // namespace yizhan::dispatch

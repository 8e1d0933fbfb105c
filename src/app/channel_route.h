// The way to a channel, a push service or an alert service, which the dispatcher attempts and accounts like the way to
// a platform.
#pragma once

#include <memory>
#include <string>

#include "dispatch/route.h"

namespace yizhan::app {

/// Not ordered, and without `url`: channels make requests of their own. `platform` is the name that events carry.
std::shared_ptr<dispatch::Route> make_channel_route(std::string platform, const std::string& endpoint_url,
                                                    const DeliveryPolicy& policy);

}  // namespace yizhan::app

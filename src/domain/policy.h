// How a platform wants its callbacks delivered. Declared in the configuration, one per platform; the seed's runbook
// names the first five (`AI_CS_PLATFORM_<P>_CALLBACK_*`).
#pragma once

#include <vector>

#include "base/clock.h"

namespace yizhan {

struct DeliveryPolicy {
  Milliseconds timeout{3000};        ///< one deadline for a whole attempt, from name look-up to the end of the response
  int max_retries = 5;               ///< attempts after the first; the schedule's last delay repeats when it is shorter
  Milliseconds poll_interval{5000};  ///< the longest that an edit by hand waits to be noticed
  int batch_size = 20;               ///< events in one claim; a full claim is followed at once by the next
  std::vector<Seconds> retry_schedule{Seconds{10}, Seconds{30}, Seconds{60}, Seconds{300}, Seconds{900}};
  double jitter = 0.1;            ///< each delay is multiplied by a factor in [1 − jitter, 1 + jitter]
  Seconds retry_after_cap{3600};  ///< a longer Retry-After is cut to this

  int in_flight_cap = 64;      ///< attempts at once to one endpoint
  double rate_per_second = 0;  ///< attempts a second to one endpoint; 0: no limit
  int breaker_threshold = 10;  ///< failures in a row that open the breaker; 0: never
  Milliseconds breaker_open{
      5000};  ///< first time the breaker stays open; doubles to breaker_open_max while probes fail
  Milliseconds breaker_open_max{60000};

  bool operator==(const DeliveryPolicy&) const = default;
};

}  // namespace yizhan

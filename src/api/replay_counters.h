// What replay jobs came to, for /metrics.
#pragma once

#include <cstdint>
#include <map>

#include "store/replay_jobs.h"

namespace yizhan::api {

/// By this process since its start, but for the jobs.
struct ReplayCounters {
  std::int64_t released = 0;
  std::int64_t delivered = 0;                       ///< of those released
  std::int64_t dead = 0;                            ///< likewise: dead letters again
  std::int64_t ended = 0;                           ///< likewise: discarded or deleted by somebody
  std::map<store::ReplayState, std::int64_t> jobs;  ///< in the store, as last looked at
};

}  // namespace yizhan::api

// What became of the rows of `notify_queue` since this process started; for /metrics. The app fills it in from the
// notify step; api and notify never include each other.
#pragma once

#include <cstdint>

namespace yizhan::api {

struct NotifyCounters {
  std::uint64_t queued = 0;   ///< their notifications were made
  std::uint64_t skipped = 0;  ///< nobody is to be told
  std::uint64_t failed = 0;   ///< somebody has to mend something
  std::uint64_t put_off = 0;  ///< tries that will be made again
};

}  // namespace yizhan::api

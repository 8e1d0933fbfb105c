// One run of the driver: warm-up, the measured window, and the wait for what is still on its way.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "drive/load.h"
#include "drive/sink.h"

namespace yizhan::bench {

struct RunOptions {
  LoadOptions load;  ///< port 0: nothing is posted
  SinkOptions sink;  ///< port 0: no sink, deliveries are not waited for
  double warm_up_seconds = 2;
  double seconds = 10;        ///< of the measured window; it ends earlier when the load reaches its total
  double drain_seconds = 30;  ///< longest wait after the window
  std::int64_t expect = 0;  ///< events of an earlier run that the sink will receive; the window ends with the last one
  EventNumber first_number = 0;  ///< runs against one store must not share numbers

  /// Before the warm-up: so many events for another platform, whose deliveries are not waited for.
  std::int64_t side_events = 0;
  std::string side_platform;

  /// Processes by name whose CPU time and memory are measured.
  std::map<std::string, std::vector<pid_t>> watch;
  double retry_delay_seconds =
      0;  ///< what the service is configured to wait before a retry; for the lateness of retries
};

/// Runs to the end; the result as one line of JSON, explained in bench/README.md. Throws std::system_error when a
/// connection or the sink's port cannot be had.
std::string run(const RunOptions& options);

}  // namespace yizhan::bench

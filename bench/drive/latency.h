// Percentiles, exact: every sample is kept.
#pragma once

#include <string>
#include <vector>

#include "drive/poller.h"

namespace yizhan::bench {

class Latencies {
 public:
  void add(Moment microseconds) { samples_.push_back(microseconds); }
  /// A JSON object with count, p50, p99, p999 and max, in microseconds; `null` without samples. Sorts.
  std::string to_json();

 private:
  std::vector<Moment> samples_;
};

}  // namespace yizhan::bench

// What came of one source's callbacks since this process started; for /metrics. The app fills it in from the receiver;
// api and receive never include each other.
#pragma once

#include <cstdint>
#include <string>

#include "base/histogram.h"

namespace yizhan::api {

struct CallbackCounters {
  std::string source;  ///< as configured: there are as many as the configuration has
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t unavailable = 0;   ///< not stored, or not in time: the sender has to send them again
  std::uint64_t unfit = 0;         ///< effects that somebody has to look at; in accepted or rejected too
  std::uint64_t over_rate = 0;     ///< answered 429, not on record
  std::uint64_t not_recorded = 0;  ///< rejected ones of a flood
  DurationHistogram answer_durations{};
};

}  // namespace yizhan::api

// The kernel's coarse monotonic clock: good to a few milliseconds and nearly free to read. For time-outs.
#pragma once

#include <cstdint>
#include <ctime>

namespace yizhan::http {

inline std::int64_t coarse_milliseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace yizhan::http

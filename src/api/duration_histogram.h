// Durations counted in buckets, as Prometheus wants a histogram.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace yizhan::api {

struct DurationHistogram {
  /// Upper bounds, in seconds.
  static constexpr std::array kBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5};

  void add(std::chrono::duration<double> duration) {
    const auto bound = std::ranges::lower_bound(kBounds, duration.count());
    ++counts[static_cast<std::size_t>(bound - kBounds.begin())];
    sum += duration.count();
  }

  std::array<std::uint64_t, kBounds.size() + 1> counts{};  ///< the last: longer than every bound
  double sum = 0;                                          ///< seconds
};

}  // namespace yizhan::api

// Values counted in buckets, as Prometheus wants a histogram. Pure; add() is one search among a few bounds.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace yizhan {

/// `kUpperBounds`: a constexpr std::array of the buckets' upper bounds, ascending; one more bucket holds what is above.
template <const auto& kUpperBounds>
struct Histogram {
  static constexpr const auto& kBounds = kUpperBounds;

  void add(double value) {
    const auto bound = std::ranges::lower_bound(kBounds, value);
    ++counts[static_cast<std::size_t>(bound - kBounds.begin())];
    sum += value;
  }
  void add(std::chrono::duration<double> duration) { add(duration.count()); }

  std::array<std::uint64_t, kUpperBounds.size() + 1> counts{};  ///< the last: above every bound
  double sum = 0;
};

// In seconds.
inline constexpr std::array kDurationBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5};
inline constexpr std::array kLagBounds{0.005, 0.01, 0.025, 0.05, 0.1,  0.25,  0.5,   1.0,
                                       2.5,   5.0,  10.0,  30.0, 60.0, 300.0, 900.0, 3600.0};
inline constexpr std::array kBatchBounds{1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0};

/// Of a thing that is over within seconds: an answer, a transaction.
using DurationHistogram = Histogram<kDurationBounds>;
/// Of a thing that may take retries: from accepted to delivered.
using LagHistogram = Histogram<kLagBounds>;
/// Of how many items went together.
using BatchHistogram = Histogram<kBatchBounds>;

}  // namespace yizhan

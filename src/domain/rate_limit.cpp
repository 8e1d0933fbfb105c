#include "domain/rate_limit.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace yizhan {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;
// A rate so low that one token takes longer than this is taken as this: times must not overflow.
constexpr double kLongestInterval = 1e9 * 86400 * 365;
constexpr double kLargestBurst = 1e6;

}  // namespace

RateLimit::RateLimit(double rate_per_second, double burst) {
  if (!(rate_per_second > 0)) return;
  const double interval = std::min(kNanosecondsPerSecond / rate_per_second, kLongestInterval);
  interval_ = std::chrono::nanoseconds{std::max(1LL, static_cast<long long>(std::ceil(interval)))};
  const double tenth_of_a_second = std::clamp(rate_per_second / 10, 1.0, 1e6);
  capacity_ = static_cast<int>(tenth_of_a_second + std::clamp(burst, 0.0, kLargestBurst));
}

int RateLimit::available(SteadyTime now, int wanted) const {
  if (interval_ == std::chrono::nanoseconds::zero()) return wanted;
  const auto until_full = std::max(full_at_ - now, SteadyTime::duration::zero());
  // Every interval, or part of one, until it is full is a token that is not there.
  const auto missing = (until_full + interval_ - std::chrono::nanoseconds{1}) / interval_;
  return std::clamp(capacity_ - static_cast<int>(std::min<std::int64_t>(missing, capacity_)), 0, std::max(0, wanted));
}

void RateLimit::take(SteadyTime now, int tokens) {
  full_at_ = std::max(full_at_, now) + interval_ * tokens;
}

std::optional<SteadyTime> RateLimit::next_token(SteadyTime now) const {
  if (available(now, 1) > 0) return std::nullopt;
  return full_at_ - interval_ * (capacity_ - 1);
}

}  // namespace yizhan

#include "domain/replay_pace.h"

#include <algorithm>
#include <cmath>

namespace yizhan {
namespace {

constexpr int kReplayShare = 2;  // of the in-flight cap: one in so many
constexpr int kReplaySmallShare = 8;
/// A pause of the runner is not made up for by a burst longer than this.
constexpr double kLongestBurstSeconds = 0.25;
/// Below one failure in so many attempts the endpoint is well enough to hold the pace.
constexpr std::int64_t kToleratedShare = 10;
/// A pass of the runner; no pace can be faster than a window in each.
constexpr double kPassSeconds = 0.02;

}  // namespace

int replay_room(const ReplayEndpoint& endpoint) {
  if (!endpoint.well) return 0;
  const int share = std::max(1, endpoint.in_flight_cap / kReplayShare);
  const int live = std::max(0, endpoint.busy - endpoint.outstanding);
  const bool live_ones_wait = live > endpoint.in_flight_cap - share;
  const int window = live_ones_wait ? std::max(1, endpoint.in_flight_cap / kReplaySmallShare) : share;
  return std::max(0, window - endpoint.outstanding);
}

ReplayPace::ReplayPace(std::int64_t rate)
    : fixed_(rate > 0), per_second_(fixed_ ? static_cast<double>(rate) : kReplayFirstPace) {}

void ReplayPace::advance(Microseconds elapsed, std::int64_t delivered, std::int64_t failed, bool well) {
  const double seconds = std::clamp(std::chrono::duration<double>(elapsed).count(), 0.0, 1.0);
  if (!fixed_) {
    if (!well) {
      per_second_ = kReplayFirstPace;
    } else if (failed > 0 && failed * kToleratedShare >= delivered) {
      per_second_ /= std::exp2(seconds);
    } else if (failed == 0 && delivered > 0) {
      per_second_ *= std::exp2(seconds);
    }
    per_second_ = std::clamp(per_second_, 1.0, kReplayTopPace);
  }
  const double most = std::max(1.0, per_second_ * kLongestBurstSeconds);
  allowance_ = std::min(allowance_ + per_second_ * seconds, most);
}

int ReplayPace::allowed() const {
  return static_cast<int>(allowance_);
}

void ReplayPace::take(int events) {
  allowance_ = std::max(0.0, allowance_ - events);
}

std::optional<Seconds> replay_estimate(std::int64_t events, std::int64_t rate, int in_flight_cap, std::int64_t attempts,
                                       std::int64_t delivered, Milliseconds mean) {
  double per_second = rate > 0 ? static_cast<double>(rate) : kReplayTopPace;
  if (attempts > 0) {
    const double success = static_cast<double>(delivered) / static_cast<double>(attempts);
    const double window = std::max(1, in_flight_cap / kReplayShare);
    const double turn = std::chrono::duration<double>(mean).count() + kPassSeconds;
    per_second = std::min(per_second, window * success / turn);
  } else if (rate <= 0) {
    return std::nullopt;
  }
  if (per_second <= 0) return std::nullopt;
  return Seconds{static_cast<std::int64_t>(std::ceil(static_cast<double>(events) / per_second))};
}

}  // namespace yizhan

// Which endpoint has to be looked at when. A heap with lazy deletion: a later entry for the same endpoint makes the
// earlier one harmless, it only looks once more.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace yizhan::dispatch {

class WakeQueue {
 public:
  void add(SteadyTime when, std::int64_t endpoint_key) { heap_.emplace(when, endpoint_key); }
  std::optional<SteadyTime> earliest() const { return heap_.empty() ? std::nullopt : std::optional(heap_.top().first); }
  /// The next endpoint whose time has come, taken out.
  std::optional<std::int64_t> take_due(SteadyTime now) {
    if (heap_.empty() || heap_.top().first > now) return std::nullopt;
    const std::int64_t key = heap_.top().second;
    heap_.pop();
    return key;
  }
  void clear() { heap_ = {}; }

 private:
  using Entry = std::pair<SteadyTime, std::int64_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace yizhan::dispatch

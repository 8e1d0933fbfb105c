#include "drive/latency.h"

#include <fmt/format.h>

#include <algorithm>

namespace yizhan::bench {

std::string Latencies::to_json() {
  if (samples_.empty()) return "null";
  std::ranges::sort(samples_);
  const auto at = [this](double share) {
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(samples_.size()));
    return samples_[std::min(rank, samples_.size() - 1)];
  };
  return fmt::format(R"({{"count":{},"p50":{},"p99":{},"p999":{},"max":{}}})", samples_.size(), at(0.5), at(0.99),
                     at(0.999), samples_.back());
}

}  // namespace yizhan::bench

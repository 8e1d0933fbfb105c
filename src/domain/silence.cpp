#include "domain/silence.h"

#include <algorithm>

namespace yizhan {

std::optional<Milliseconds> longest_silence(Seconds setting, Milliseconds longest_gap, std::int64_t sampled) {
  if (setting < kSilenceAutomatic) return std::nullopt;
  if (setting > kSilenceAutomatic) return setting;
  if (sampled < kSilenceSamples) return std::nullopt;
  return std::max<Milliseconds>(kSilenceGaps * longest_gap, kShortestSilence);
}

}  // namespace yizhan

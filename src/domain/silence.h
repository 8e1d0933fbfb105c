// When the silence of a source is odd. What the alert rules raise and what `yizhan doctor` reports is decided here.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace yizhan {

/// What a source's setting says of its silence.
inline constexpr Seconds kSilenceAutomatic{0};
inline constexpr Seconds kSilenceNeverOdd{-1};

/// Fewer callbacks tell nothing about a source's habits.
inline constexpr std::int64_t kSilenceSamples = 10;
inline constexpr int kSilenceGaps = 3;
inline constexpr Seconds kShortestSilence{3600};

/// The longest silence that is not odd: the setting's, or, automatically, kSilenceGaps times the longest gap between
/// the `sampled` newest callbacks, and never less than kShortestSilence. Empty: none is odd.
std::optional<Milliseconds> longest_silence(Seconds setting, Milliseconds longest_gap, std::int64_t sampled);

}  // namespace yizhan

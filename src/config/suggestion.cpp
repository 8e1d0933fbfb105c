#include "config/suggestion.h"

#include <algorithm>

namespace yizhan::config {

std::size_t edit_distance(std::string_view left, std::string_view right) {
  // Optimal string alignment over three rows: before[], above[] and row[] are the distances of left's first i-2, i-1
  // and i letters from each beginning of right.
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> above(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const bool same = left[i - 1] == right[j - 1];
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[right.size()];
}

std::string nearest(std::string_view written, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 128;
  if (written.size() > kLongest) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, written.size() / 4) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t lengths_apart =
        std::max(written.size(), candidate.size()) - std::min(written.size(), candidate.size());
    if (lengths_apart >= best_distance) continue;
    const std::size_t distance = edit_distance(written, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace yizhan::config

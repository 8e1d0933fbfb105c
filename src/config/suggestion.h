// "Did you mean …?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yizhan::config {

/// How many letters must be put in, left out, changed or swapped with their neighbour to make one text of the other.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The candidate that is nearest to what was written, when it is near enough to be meant; empty otherwise.
std::string nearest(std::string_view written, const std::vector<std::string>& candidates);

}  // namespace yizhan::config

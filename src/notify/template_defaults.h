// The texts of notifications that nobody configured, in Chinese and English, for the ten states and for states that are
// not known. Titles have fewer than 20 characters and what a content begins with fewer than 50: phones show no more.
// Pure.
#pragma once

#include <string_view>
#include <vector>

#include "notify/templates.h"

namespace yizhan::notify {

/// For each state both audiences, then `*`. Of `*` the last has a body without anything that may not be known.
std::vector<Template> default_templates(Language language);

/// `已签收`, `delivered`; of a state that is not known `有更新`, `updated`.
std::string_view state_in_words(std::string_view status_code, Language language);

}  // namespace yizhan::notify

// What the configuration has to know of each kind of source: which settings mean something for it, and what it cannot
// do without.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/source.h"

namespace yizhan::config {

struct SourceKindFacts {
  SourceKind kind;
  std::string_view path;   ///< where it listens, for people: `/notify/wxpay/<account>`
  std::string_view needs;  ///< for people; markdown
  /// Of the settings that not every kind has, those that mean something for this one. A list's `single` name is not in
  /// it.
  std::vector<std::string_view> own_settings;
  enum class Secret {
    kNeeded,
    kOptional,  ///< without one anybody can send: on loopback only
    kKeys,      ///< keys of its own kind instead, see complete_sources.cpp
  } secret = Secret::kNeeded;
};

/// In the order of SourceKind's names.
std::span<const SourceKindFacts> source_kinds();
const SourceKindFacts& facts_of(SourceKind kind);

/// Whether some kinds have this setting and others do not.
bool is_of_some_kinds(std::string_view key);

}  // namespace yizhan::config

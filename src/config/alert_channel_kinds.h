// What the configuration has to know of each kind of alert channel: which settings mean something for it, what it
// cannot do without, and how much its provider takes.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/alert_channel.h"

namespace yizhan::config {

struct AlertChannelKindFacts {
  AlertChannelKind kind;
  std::string_view needs;  ///< for people; markdown
  /// Of the settings that not every kind has, those that mean something for this one.
  std::vector<std::string_view> own_settings;
  double rate_per_minute;   ///< a little less than the provider allows
  Seconds throttled_pause;  ///< how long it lasts when the provider has had too many
  Milliseconds timeout;
};

/// In the order of AlertChannelKind's names.
std::span<const AlertChannelKindFacts> alert_channel_kinds();
const AlertChannelKindFacts& facts_of(AlertChannelKind kind);

/// Whether some kinds have this setting and others do not.
bool is_of_some_alert_channel_kinds(std::string_view key);

}  // namespace yizhan::config

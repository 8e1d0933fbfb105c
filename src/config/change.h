// From one configuration to another while the service runs: what differs, and what only a restart can change.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace yizhan::config {

struct Change {
  /// What differs: settings (`outbound.allow`), and tables as a whole (`platforms.crm`, `routes.2`). A file's contents
  /// count where they are secrets, not where they are certificates.
  std::vector<std::string> changed;
  std::vector<std::string> needs_restart;  ///< settings that differ, and stay as they are until then
};

/// Compares, and gives `next` the values of `in_force` where only a restart changes them.
Change prepare_change(const Config& in_force, Config& next);

}  // namespace yizhan::config

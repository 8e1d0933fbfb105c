// Declarations of sections that stand in files of their own; settings() puts them together. Private to config.
#pragma once

#include <vector>

#include "config/setting.h"

namespace yizhan::config {

std::vector<Setting<Config>> declare_notify();
/// Without the listener's, which every listener has alike.
std::vector<Setting<Config>> declare_push();
std::vector<Setting<Config>> declare_retention();
std::vector<Setting<Config>> declare_alerts();

}  // namespace yizhan::config

// When operators are told that something is wrong, as it is configured: [alerts]. What the rules do is in
// alert/rules.h; where alerts go is in alert_channel.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace yizhan::config {

struct AlertsSection {
  bool enabled = true;
  std::vector<std::string> channels;  ///< names; empty: every one that is enabled
  Seconds watch{10};
  std::int64_t failures_count = 1;
  Seconds failures_window{300};
  Seconds window{1800};
  Seconds clear_after{300};
  Seconds backlog_age{600};
  std::int64_t certificate_days = 14;
  std::string heartbeat_url;  ///< empty: none
  Seconds heartbeat{60};
  std::vector<std::string> outbound_allow;  ///< networks that heartbeat_url may be in, beside outbound.allow

  bool operator==(const AlertsSection&) const = default;
};

}  // namespace yizhan::config

// What must hold between [alerts] and the channels that it names.
#include <fmt/format.h>

#include "config/draft.h"

namespace yizhan::config {

void complete_alerts(Draft& draft) {
  for (const std::string& name : draft.config().alerts.channels) {
    if (draft.entries<AlertChannel>().contains(name)) continue;
    draft.refuse_value("alerts.channels",
                       fmt::format("there is no [alert_channels.{}]. Name one that is configured, or leave the list "
                                   "empty for all.",
                                   name));
  }
}

}  // namespace yizhan::config

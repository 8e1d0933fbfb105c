#include "alert/channel.h"

#include <fmt/format.h>

namespace yizhan::alert {

Result<Message> read_message(std::string_view event_id, std::string&& payload) {
  auto alert = read_alert(payload);
  if (!alert) {
    return fail("payload_invalid",
                fmt::format("the payload is no alert: {}. Alerts are made by the service itself, and "
                            "by 'yizhan alerts test'.",
                            alert.error().message));
  }
  return Message{std::string(event_id), std::move(payload), std::move(*alert)};
}

}  // namespace yizhan::alert

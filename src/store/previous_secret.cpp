#include "store/previous_secret.h"

#include <array>

namespace yizhan::store {

void sign_with_previous_secret(Session& session, const std::vector<std::string>& event_ids) {
  static constexpr std::array<SessionColumn, 1> kEvents{{{"id"}}};
  std::vector<std::vector<SessionValue>> rows;
  rows.reserve(event_ids.size());
  for (const std::string& id : event_ids) rows.push_back({id});
  session.send_each(
      "UPDATE outbox_events SET previous_secret = {postgres|true}{sqlite|1} FROM {each} "
      "WHERE outbox_events.id = each.id {postgres|AND outbox_events.id = ANY ($1)}",
      kEvents, rows);
}

}  // namespace yizhan::store

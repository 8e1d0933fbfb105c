// ExpressTables: notifications, and what became of them on each device.
#include <fmt/format.h>

#include <map>

#include "store/device_key.h"
#include "store/express_tables.h"
#include "store/notification_rows.h"
#include "store/page_end.h"

namespace yizhan::store {
namespace {

const std::string& view_columns() {
  static const std::string kColumns =
      fmt::format("SELECT {}, {} FROM express_notifications AS n", kStateColumns, kContentColumns);
  return kColumns;
}

NotificationView read_view(const SqlRow& row) {
  NotificationState state = read_state(row, 0);
  NotificationContent content = read_content(row, kStateColumnCount);
  return {.id = std::move(state.id),
          .notification = std::move(content.notification),
          .send_status = std::move(state.send_status),
          .last_error = std::move(state.last_error),
          .targets = state.targets,
          .delivered = state.delivered,
          .failed = state.failed,
          .waits_until = state.waits_until,
          .created_at = content.created_at,
          .updated_at = content.updated_at};
}

}  // namespace

Result<ExpressStore::AddedNotification> ExpressTables::add_notification(const NewNotification& notification,
                                                                        UtcTime now) {
  auto added = add_notifications({notification}, now);
  if (!added) return std::unexpected(std::move(added.error()));
  return std::move(added->front());
}

Result<std::vector<ExpressStore::AddedNotification>> ExpressTables::add_notifications(
    const std::vector<NewNotification>& notifications, UtcTime now) {
  for (const NewNotification& notification : notifications) {
    if (auto refused = refusal(notification)) return std::unexpected(std::move(*refused));
  }
  std::vector<AddedNotification> added;
  const auto done = transact("add_notifications.before_commit", [&](Session& session) -> Result<void> {
    added.clear();
    // The id that a notification has if it is new; of several with one message_id only the first can be.
    std::map<std::string_view, std::string> ids;
    std::vector<std::pair<std::string, NewNotification>> rows;
    std::vector<bool> repeats;
    for (const NewNotification& notification : notifications) {
      const auto [id, is_first] = ids.try_emplace(notification.message_id, ids_.make(now));
      rows.emplace_back(id->second, notification);
      repeats.push_back(!is_first);
    }
    send_notifications(session, std::move(rows), now);
    static const std::string kFind = view_columns() + " WHERE n.message_id = $1";
    for (const NewNotification& notification : notifications) {
      session.send(kFind, {notification.message_id},
                   [&](const SqlRow& row) { added.push_back({.view = read_view(row)}); });
    }
    if (auto finished = session.finish(); !finished) return finished;
    if (added.size() != notifications.size()) {
      return fail("store_unavailable", "a notification was deleted at the same moment; try again");
    }
    for (std::size_t i = 0; i < added.size(); ++i) {
      added[i].existed = repeats[i] || added[i].view.id != ids.at(notifications[i].message_id);
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return added;
}

Result<Rows<NotificationView>> ExpressTables::list_notifications(const NotificationSelection& selection,
                                                                 const Page& page) {
  std::string text = view_columns() + " WHERE 1 = 1";
  std::vector<SessionValue> parameters;
  const auto require = [&](std::string_view column, std::string_view value) {
    if (value.empty()) return;
    parameters.emplace_back(std::string(value));
    text += fmt::format(" AND n.{} = ${}", column, parameters.size());
  };
  require("id", selection.id);
  require("message_id", selection.message_id);
  if (selection.audience) require("aud", to_string(*selection.audience));
  require("recipient_id", selection.recipient_id);
  require("tracking_no", selection.tracking_no);
  if (selection.send_status == "waiting") {
    text += " AND n.send_status IS NULL";
  } else {
    require("send_status", selection.send_status);
  }
  parameters.emplace_back(std::int64_t{page.limit} + 1);
  parameters.emplace_back(page.after);
  text += fmt::format(" ORDER BY n.id {} LIMIT ${} OFFSET ${}", page.oldest_first ? "ASC" : "DESC",
                      parameters.size() - 1, parameters.size());
  Rows<NotificationView> listed;
  const auto done = look([&](Session& session) -> Result<void> {
    session.send(text, parameters, [&](const SqlRow& row) { listed.rows.push_back(read_view(row)); });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  end_page_at_offset(listed, page);
  return listed;
}

Result<std::vector<DeliveryView>> ExpressTables::deliveries(std::string_view notification_id, std::string_view after,
                                                            int limit) {
  const auto [appid, cid] = split_device_key(after);
  std::vector<DeliveryView> found;
  const auto done = look([&](Session& session) -> Result<void> {
    session.send(
        "SELECT notification_id, appid, cid, event_id, outcome, last_error, updated_at FROM push_deliveries "
        "WHERE notification_id = $1 AND (appid, cid) > ($2, $3) ORDER BY appid, cid LIMIT $4",
        {std::string(notification_id), std::string(appid), std::string(cid), std::int64_t{limit}},
        [&](const SqlRow& row) {
          DeliveryView view;
          view.notification_id = text_of(row, 0);
          view.appid = text_of(row, 1);
          view.cid = text_of(row, 2);
          view.event_id = text_of(row, 3);
          view.request_id = request_id_of(view.event_id);
          view.outcome = parse_delivery_outcome(row.bytes(4)).value_or(DeliveryOutcome::kOutstanding);
          view.last_error = text_of(row, 5);
          view.updated_at = row.time(6);
          found.push_back(std::move(view));
        });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return found;
}

}  // namespace yizhan::store

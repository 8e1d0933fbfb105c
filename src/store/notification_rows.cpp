#include "store/notification_rows.h"

#include <fmt/format.h>

#include <array>
#include <map>

#include "store/field_check.h"

namespace yizhan::store {
namespace {

using Type = SessionColumn::Type;

constexpr std::size_t kLongestNotificationId = 255;
/// More than any phone shows; a text that is longer is nobody's intention.
constexpr std::size_t kLongestText = 65536;

SessionValue text_or_null(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

SessionValue time_or_null(const std::optional<UtcTime>& time) {
  if (!time) return std::nullopt;
  return *time;
}

}  // namespace

NotificationState read_state(const SqlRow& row, int first) {
  NotificationState state;
  state.id = text_of(row, first);
  state.send_status = text_of(row, first + 1);
  state.last_error = text_of(row, first + 2);
  state.targets = row.integer(first + 3);
  state.delivered = row.integer(first + 4);
  state.failed = row.integer(first + 5);
  state.retrying = row.integer(first + 6);
  state.next_attempt_at = optional_time(row, first + 7);
  state.waits_until = optional_time(row, first + 8);
  state.fanned_out_to = text_of(row, first + 9);
  return state;
}

void send_states(Session& session, const std::vector<NotificationState>& states, UtcTime now) {
  static constexpr std::array<SessionColumn, 11> kColumns{{{"id"},
                                                           {"send_status"},
                                                           {"last_error"},
                                                           {"targets", Type::kInteger},
                                                           {"delivered", Type::kInteger},
                                                           {"failed", Type::kInteger},
                                                           {"retrying", Type::kInteger},
                                                           {"next_attempt_at", Type::kTime},
                                                           {"waits_until", Type::kTime},
                                                           {"fanned_out_to"},
                                                           {"updated_at", Type::kTime}}};
  std::vector<std::vector<SessionValue>> rows;
  for (const NotificationState& state : states) {
    rows.push_back({state.id, text_or_null(state.send_status), text_or_null(state.last_error), state.targets,
                    state.delivered, state.failed, state.retrying, time_or_null(state.next_attempt_at),
                    time_or_null(state.waits_until), text_or_null(state.fanned_out_to), now});
  }
  session.send_each(
      "UPDATE express_notifications SET send_status = each.send_status, last_error = each.last_error, "
      "targets = each.targets, delivered = each.delivered, failed = each.failed, retrying = each.retrying, "
      "next_attempt_at = each.next_attempt_at, waits_until = each.waits_until, fanned_out_to = each.fanned_out_to, "
      "updated_at = each.updated_at FROM {each} WHERE express_notifications.id = each.id "
      "{postgres|AND express_notifications.id = ANY ($1)}",
      kColumns, rows);
}

NotificationContent read_content(const SqlRow& row, int first) {
  NotificationContent content;
  NewNotification& notification = content.notification;
  notification.message_id = text_of(row, first);
  notification.audience = parse_audience(row.bytes(first + kAudienceColumn)).value_or(Audience::kUser);
  notification.recipient_id = text_of(row, first + 2);
  notification.appid = text_of(row, first + 3);
  notification.title = text_of(row, first + 4);
  notification.body = text_of(row, first + 5);
  notification.content = text_of(row, first + 6);
  notification.event_text_safe = text_of(row, first + 7);
  notification.status_code = text_of(row, first + 8);
  notification.tracking_no = text_of(row, first + 9);
  notification.order_id = text_of(row, first + 10);
  notification.tracking_event_id = text_of(row, first + 11);
  notification.event_time = optional_time(row, first + 12);
  notification.payload = text_of(row, first + 13);
  content.created_at = row.time(first + 14);
  content.updated_at = row.time(first + 15);
  return content;
}

std::optional<Error> refusal(const NewNotification& notification) {
  if (auto refused = refuse_text("message_id", notification.message_id, 1, kLongestNotificationId)) return refused;
  if (auto refused = refuse_text("recipient_id", notification.recipient_id, 1, kLongestNotificationId)) return refused;
  if (auto refused = refuse_text("appid", notification.appid, 0, 64)) return refused;
  const std::pair<std::string_view, std::string_view> texts[] = {{"title", notification.title},
                                                                 {"body", notification.body},
                                                                 {"content", notification.content},
                                                                 {"event_text_safe", notification.event_text_safe},
                                                                 {"status_code", notification.status_code},
                                                                 {"tracking_no", notification.tracking_no},
                                                                 {"order_id", notification.order_id},
                                                                 {"tracking_event_id", notification.tracking_event_id},
                                                                 {"payload", notification.payload}};
  for (const auto& [name, text] : texts) {
    if (auto refused = refuse_text(name, text, 0, kLongestText)) return refused;
  }
  return std::nullopt;
}

void send_notifications(Session& session, std::vector<std::pair<std::string, NewNotification>> notifications,
                        UtcTime now) {
  static constexpr std::array<SessionColumn, 16> kColumns{{{"id"},
                                                           {"message_id"},
                                                           {"aud"},
                                                           {"recipient_id"},
                                                           {"appid"},
                                                           {"title"},
                                                           {"body"},
                                                           {"content"},
                                                           {"event_text_safe"},
                                                           {"status_code"},
                                                           {"tracking_no"},
                                                           {"order_id"},
                                                           {"tracking_event_id"},
                                                           {"event_time", Type::kTime},
                                                           {"payload"},
                                                           {"at", Type::kTime}}};
  // Of the same again, in one statement, the last one counts.
  std::map<std::string, std::size_t> last;
  for (std::size_t i = 0; i < notifications.size(); ++i) last.insert_or_assign(notifications[i].second.message_id, i);

  std::vector<std::vector<SessionValue>> rows;
  for (const auto& [message_id, index] : last) {
    const auto& [id, notification] = notifications[index];
    rows.push_back({id, message_id, std::string(to_string(notification.audience)), notification.recipient_id,
                    text_or_null(notification.appid), text_or_null(notification.title), text_or_null(notification.body),
                    text_or_null(notification.content), text_or_null(notification.event_text_safe),
                    text_or_null(notification.status_code), text_or_null(notification.tracking_no),
                    text_or_null(notification.order_id), text_or_null(notification.tracking_event_id),
                    time_or_null(notification.event_time), text_or_null(notification.payload), now});
  }
  // One that waits for a device of somebody else than it is for now need not wait on.
  session.send_each(
      "INSERT INTO express_notifications (id, message_id, aud, recipient_id, appid, title, body, content, "
      "event_text_safe, status_code, tracking_no, order_id, tracking_event_id, event_time, payload, next_attempt_at, "
      "created_at, updated_at) SELECT id, message_id, aud, recipient_id, appid, title, body, content, event_text_safe, "
      "status_code, tracking_no, order_id, tracking_event_id, event_time, payload, at, at, at FROM {each} WHERE true "
      "ON CONFLICT (message_id) DO UPDATE SET aud = excluded.aud, recipient_id = excluded.recipient_id, "
      "appid = excluded.appid, title = excluded.title, body = excluded.body, content = excluded.content, "
      "event_text_safe = excluded.event_text_safe, status_code = excluded.status_code, "
      "tracking_no = excluded.tracking_no, order_id = excluded.order_id, "
      "tracking_event_id = excluded.tracking_event_id, event_time = excluded.event_time, payload = excluded.payload, "
      "updated_at = excluded.updated_at, next_attempt_at = CASE "
      "WHEN express_notifications.recipient_id = excluded.recipient_id AND express_notifications.aud = excluded.aud "
      "AND coalesce(express_notifications.appid, '') = coalesce(excluded.appid, '') "
      "THEN express_notifications.next_attempt_at ELSE excluded.next_attempt_at END "
      "WHERE express_notifications.send_status IS NULL AND express_notifications.targets = 0",
      kColumns, rows);
}

void send_recipient_locks(Session& session, const std::vector<std::string>& recipients) {
  static constexpr std::array<SessionColumn, 1> kColumns{{{"recipient_id"}}};
  std::vector<std::vector<SessionValue>> rows;
  for (const std::string& recipient : recipients) {
    if (!recipient.empty()) rows.push_back({recipient});
  }
  // Ordered by the lock's number, so that no two transactions wait for each other. The seed keeps these locks apart
  // from those of the outbox. SQLite has one writer at a time.
  session.send_each(
      "{postgres|SELECT pg_advisory_xact_lock(lock_key) FROM (SELECT DISTINCT hashtextextended(recipient_id, 7301) AS "
      "lock_key FROM unnest($1) AS each (recipient_id) ORDER BY lock_key) AS locks}",
      kColumns, rows);
}

std::string overtaken_error(std::string_view by_message_id) {
  return fmt::format("overtaken by {}", by_message_id);
}

}  // namespace yizhan::store

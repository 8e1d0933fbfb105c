#include "store/delivery_settling.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <utility>

namespace yizhan::store {
namespace {

using Type = SessionColumn::Type;

// The ids of notifications are compared as their own index orders them. PostgreSQL is given the keys beside the join:
// its plan is made once, perhaps while the tables are empty, and then begins with all of a table that has grown.
const std::string& look_up_text() {
  static const std::string kText = fmt::format(
      "SELECT d.sequence, d.appid, d.cid, d.outcome, d.tried_again, d.last_error, {} FROM {{each}} "
      "JOIN push_deliveries AS d ON d.sequence = each.sequence {{postgres|AND d.sequence = ANY ($1)}} "
      "JOIN express_notifications AS n ON n.id = d.notification_id {{postgres|COLLATE \"default\" AND n.id = ANY "
      "(ARRAY("
      "SELECT notification_id FROM push_deliveries WHERE sequence = ANY ($1)))}} "
      "ORDER BY n.id, d.sequence {{postgres|FOR UPDATE OF n, d}}",
      kStateColumns);
  return kText;
}
constexpr int kFirstStateColumn = 6;

}  // namespace

DeliveryChange change_of(const AttemptRecord& record) {
  const ErrorClass error_class = record.outcome.error_class;
  DeliveryChange change{.sequence = record.sequence, .at = record.outcome.started_at};
  if (record.next_status == EventStatus::kDelivered) {
    change.outcome = DeliveryOutcome::kDelivered;
  } else if (record.next_status == EventStatus::kDeadLetter) {
    change.outcome = error_class == ErrorClass::kPushIgnored ? DeliveryOutcome::kIgnored : DeliveryOutcome::kFailed;
  } else {
    change.tried_again = true;
  }
  if (!record.outcome.succeeded()) {
    change.error =
        record.outcome.error_message.empty() ? std::string(to_string(error_class)) : record.outcome.error_message;
  }
  change.deactivates = error_class == ErrorClass::kPushTargetInvalid;
  return change;
}

DeliveryChange delivery_replayed() {
  return {.outcome = DeliveryOutcome::kOutstanding};
}

DeliveryChange delivery_discarded(std::string_view reason) {
  return {.outcome = DeliveryOutcome::kFailed, .error = fmt::format("discarded: {}", reason)};
}

void count_delivery(NotificationState& notification, DeliveryOutcome outcome, bool tried_again, int step) {
  switch (outcome) {
    case DeliveryOutcome::kDelivered:
      notification.delivered += step;
      break;
    case DeliveryOutcome::kIgnored:
    case DeliveryOutcome::kFailed:
      notification.failed += step;
      break;
    case DeliveryOutcome::kOutstanding:
      if (tried_again) notification.retrying += step;
      break;
  }
}

void update_send_status(NotificationState& notification) {
  const bool tried_again = notification.retrying > 0;
  if (!notification.fanned_out_to.empty()) {
    if (!notification.closed_by_hand()) notification.send_status = tried_again ? "retrying" : "processing";
  } else if (!notification.next_attempt_at) {
    notification.send_status =
        send_status_of(notification.targets, notification.delivered, notification.failed, tried_again);
  }
}

void DeliverySettling::look_up(Session& session, const std::vector<std::int64_t>& sequences) {
  static constexpr std::array<SessionColumn, 1> kColumns{{{"sequence", Type::kInteger}}};
  deliveries_.clear();
  notifications_.clear();
  std::vector<std::vector<SessionValue>> rows;
  for (const std::int64_t sequence : sequences) rows.push_back({sequence});
  session.send_each(look_up_text(), kColumns, rows, [this](const SqlRow& row) {
    NotificationState notification = read_state(row, kFirstStateColumn);
    deliveries_.emplace(
        row.integer(0),
        Delivery{.notification_id = notification.id,
                 .appid = text_of(row, 1),
                 .cid = text_of(row, 2),
                 .outcome = parse_delivery_outcome(row.bytes(3)).value_or(DeliveryOutcome::kOutstanding),
                 .tried_again = row.integer(4) != 0,
                 .last_error = text_of(row, 5)});
    const std::string id = notification.id;
    notifications_.emplace(id, std::move(notification));
  });
}

void DeliverySettling::settle(Session& session, const std::vector<DeliveryChange>& changes, UtcTime now) {
  static constexpr std::array<SessionColumn, 5> kDeliveries{
      {{"sequence", Type::kInteger}, {"outcome"}, {"tried", Type::kInteger}, {"error"}, {"at", Type::kTime}}};
  static constexpr std::array<SessionColumn, 5> kDevices{
      {{"appid"}, {"cid"}, {"reason"}, {"at", Type::kTime}, {"updated_at", Type::kTime}}};
  std::map<std::int64_t, std::vector<SessionValue>> deliveries;
  std::map<std::pair<std::string, std::string>, std::vector<SessionValue>> devices;
  std::set<std::string> changed;
  for (const DeliveryChange& change : changes) {
    const auto found = deliveries_.find(change.sequence);
    if (found == deliveries_.end()) continue;
    Delivery& delivery = found->second;
    NotificationState& notification = notifications_.at(delivery.notification_id);
    const bool was_outstanding = delivery.outcome == DeliveryOutcome::kOutstanding;
    const bool had_failed = was_outstanding ? delivery.tried_again : delivery.outcome != DeliveryOutcome::kDelivered;
    count_delivery(notification, delivery.outcome, delivery.tried_again, -1);
    delivery.outcome = change.outcome;
    delivery.tried_again = change.outcome == DeliveryOutcome::kOutstanding && change.tried_again.value_or(had_failed);
    count_delivery(notification, delivery.outcome, delivery.tried_again, 1);

    if (change.outcome == DeliveryOutcome::kDelivered) {
      delivery.last_error.clear();
    } else if (!change.error.empty()) {
      delivery.last_error = change.error;
      notification.last_error = fmt::format("{}: {}", delivery.cid, change.error);
    }
    if (change.deactivates) {
      devices[{delivery.appid, delivery.cid}] = {delivery.appid, delivery.cid, change.error, change.at, now};
    }
    deliveries[change.sequence] = {
        change.sequence, std::string(to_string(delivery.outcome)), std::int64_t{delivery.tried_again},
        delivery.last_error.empty() ? SessionValue() : SessionValue(delivery.last_error), now};
    changed.insert(delivery.notification_id);
  }

  const auto rows_of = [](auto& by_key) {
    std::vector<std::vector<SessionValue>> rows;
    for (auto& [key, row] : by_key) rows.push_back(std::move(row));
    return rows;
  };
  session.send_each(
      "UPDATE push_deliveries SET outcome = each.outcome, tried_again = (each.tried = 1), last_error = each.error, "
      "updated_at = each.at FROM {each} WHERE push_deliveries.sequence = each.sequence "
      "{postgres|AND push_deliveries.sequence = ANY ($1)}",
      kDeliveries, rows_of(deliveries));
  std::vector<NotificationState> states;
  for (const std::string& id : changed) {
    NotificationState& notification = notifications_.at(id);
    if (notification.delivered == notification.targets) notification.last_error.clear();
    update_send_status(notification);
    states.push_back(notification);
  }
  send_states(session, states, now);
  session.send_each(
      "UPDATE push_devices SET is_active = false, inactive_reason = each.reason, updated_at = each.updated_at "
      "FROM {each} WHERE push_devices.appid = each.appid AND push_devices.cid = each.cid "
      "{postgres|AND push_devices.cid = ANY ($2)} AND push_devices.is_active "
      "AND push_devices.last_seen_at <= each.at",
      kDevices, rows_of(devices));
}

}  // namespace yizhan::store

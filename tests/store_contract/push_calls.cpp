#include "push_calls.h"

#include <fmt/format.h>

#include <stdexcept>

namespace yizhan::store::contract {

NewNotification notification(std::string message_id) {
  return notification(std::move(message_id), Audience::kUser, "user-1");
}

NewNotification notification(std::string message_id, Audience audience, std::string recipient_id) {
  NewNotification made;
  made.message_id = std::move(message_id);
  made.audience = audience;
  made.recipient_id = std::move(recipient_id);
  made.title = "派送中";
  made.body = "您的包裹正在派送";
  made.event_text_safe = "您有新的物流消息";
  made.status_code = "delivering";
  made.tracking_no = "SF1";
  made.order_id = "order-1";
  return made;
}

NotificationView PushDesk::add(const NewNotification& notification) {
  return value_of(node_.store().add_notification(notification, node_.now)).view;
}

RegisteredDevice PushDesk::register_device(std::string cid, std::string user_id, std::string merchant_id) {
  return value_of(node_.store().register_device({.appid = "default",
                                                 .cid = std::move(cid),
                                                 .user_id = std::move(user_id),
                                                 .merchant_id = std::move(merchant_id),
                                                 .platform = "android"},
                                                node_.now));
}

Device PushDesk::device(const std::string& cid) {
  auto listed = value_of(node_.store().list_devices({.cid = cid}, {}));
  if (listed.rows.size() != 1) throw std::runtime_error(fmt::format("{} devices {}", listed.rows.size(), cid));
  return std::move(listed.rows.front());
}

FanOutReply PushDesk::fan_out() {
  const DeliveryPayload payload = [](const DueNotification& due, const TargetDevice& device, std::string_view) {
    return fmt::format("{}|{}", device.cid, due.notification.title);
  };
  return value_of(node_.store().fan_out(options, payload, node_.now));
}

int PushDesk::fan_out_all() {
  int deliveries = 0;
  while (true) {
    const FanOutReply reply = fan_out();
    deliveries += reply.deliveries;
    if (!reply.more) return deliveries;
  }
}

NotificationView PushDesk::view(std::string_view message_id) {
  auto listed = value_of(node_.store().list_notifications({.message_id = std::string(message_id)}, {}));
  if (listed.rows.size() != 1) {
    throw std::runtime_error(fmt::format("{} notifications {}", listed.rows.size(), message_id));
  }
  return std::move(listed.rows.front());
}

std::vector<DeliveryView> PushDesk::deliveries(std::string_view message_id) {
  return value_of(node_.store().deliveries(view(message_id).id, "", 100'000));
}

std::string PushDesk::outcome(std::string_view message_id, std::string_view cid) {
  for (const DeliveryView& delivery : deliveries(message_id)) {
    if (delivery.cid == cid) return std::string(to_string(delivery.outcome));
  }
  return {};
}

std::vector<ClaimedEvent> PushDesk::claim() {
  auto claimed = node_.claim(kPushEndpoint, 100'000);
  // Replayed ones have no endpoint until somebody who knows it has claimed them.
  for (ClaimedEvent& each : node_.claim(kUnrouted, 100'000)) claimed.push_back(std::move(each));
  return claimed;
}

std::string PushDesk::cid_of(const ClaimedEvent& claimed) {
  return claimed.event.payload.substr(0, claimed.event.payload.find('|'));
}

AttemptRecord PushDesk::result(const ClaimedEvent& claimed, EventStatus next_status, ErrorClass error_class) {
  AttemptRecord made = node_.result(claimed, next_status);
  made.is_push = true;
  made.outcome.started_at = node_.now;
  made.outcome.error_class = error_class;
  made.outcome.error_message =
      error_class == ErrorClass::kNone ? "" : fmt::format("it said {}", to_string(error_class));
  return made;
}

RecordReply PushDesk::deliver(const ClaimedEvent& claimed) {
  return node_.record(result(claimed, EventStatus::kDelivered, ErrorClass::kNone));
}

RecordReply PushDesk::retry(const ClaimedEvent& claimed) {
  return node_.record(result(claimed, EventStatus::kRetrying, ErrorClass::kPushFailed));
}

RecordReply PushDesk::bury(const ClaimedEvent& claimed, ErrorClass error_class) {
  return node_.record(result(claimed, EventStatus::kDeadLetter, error_class));
}

void PushDesk::deliver_all() {
  WriteBatch batch;
  batch.now = node_.now;
  for (const ClaimedEvent& claimed : claim()) {
    batch.records.push_back(result(claimed, EventStatus::kDelivered, ErrorClass::kNone));
  }
  for (const RecordReply reply : node_.write(batch).records) EXPECT_EQ(reply, RecordReply::kRecorded);
}

std::string PushDesk::sum(std::string_view message_id) {
  const NotificationView shown = view(message_id);
  std::int64_t delivered = 0;
  std::int64_t failed = 0;
  const auto all = deliveries(message_id);
  for (const DeliveryView& delivery : all) {
    delivered += delivery.outcome == DeliveryOutcome::kDelivered;
    failed += delivery.outcome == DeliveryOutcome::kFailed || delivery.outcome == DeliveryOutcome::kIgnored;
  }
  EXPECT_EQ(shown.targets, static_cast<std::int64_t>(all.size())) << message_id;
  EXPECT_EQ(shown.delivered, delivered) << message_id;
  EXPECT_EQ(shown.failed, failed) << message_id;
  return fmt::format("{} {}/{}/{}", shown.send_status.empty() ? "waiting" : shown.send_status, shown.targets,
                     shown.delivered, shown.failed);
}

SqlResult PushContract::runbook(std::string text) {
  constexpr std::string_view kSchema = "public.";
  if (GetParam() == Engine::kPostgres) {
    for (auto at = text.find(kSchema); at != std::string::npos; at = text.find(kSchema)) text.erase(at, kSchema.size());
  }
  return node_.sql(text);
}

}  // namespace yizhan::store::contract

#include "api/notification_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>

#include "api/device_json.h"
#include "api/field_text.h"
#include "base/json_scan.h"
#include "verify/digest.h"

namespace yizhan::api {
namespace {

Result<void> set_payload(const json::Member& member, std::string& payload) {
  if (member.value.kind == json::Kind::kNull) return {};
  if (member.value.text.size() > NotificationLimits::kPayload) {
    return fail("field_invalid", fmt::format("'payload' has {} bytes; at most {} are allowed", member.value.text.size(),
                                             NotificationLimits::kPayload));
  }
  payload = member.value.text;
  return {};
}

std::unexpected<Error> unknown_field(std::string_view key, std::string_view fields) {
  return fail("field_unknown", fmt::format("there is no field '{}'; the fields are {}", key.substr(0, 64), fields));
}

Result<void> check_texts(const store::NewNotification& notification) {
  if (!notification.title.empty() || !notification.body.empty() || !notification.content.empty() ||
      !notification.event_text_safe.empty()) {
    return {};
  }
  return fail("field_missing", "'content' is missing: phones do not show a notification without text");
}

/// Of the fields whose values are no plain texts; false when it is none of them.
Result<bool> set_other(const json::Member& member, store::NewNotification& made, bool& has_audience) {
  if (member.key == "payload") {
    if (auto set = set_payload(member, made.payload); !set) return std::unexpected(std::move(set.error()));
    return true;
  }
  if (member.key != "aud" && member.key != "event_time") return false;
  const auto text = read_text_field(member, NotificationLimits::kCode, Empty::kAllowed);
  if (!text) return std::unexpected(text.error());
  if (member.key == "aud") {
    const auto audience = store::parse_audience(*text);
    if (!audience) {
      return fail("field_invalid", fmt::format("'aud' is '{}'; it must be user, merchant or device", *text));
    }
    made.audience = *audience;
    has_audience = true;
  } else if (!text->empty()) {
    made.event_time = parse_time(*text);
    if (!made.event_time) {
      return fail("field_invalid",
                  fmt::format("'event_time' is '{}'; write a time like 2026-02-06T08:30:00Z (RFC 3339)", *text));
    }
  }
  return true;
}

Result<void> check_recipient(store::NewNotification& made) {
  if (made.recipient_id.empty()) return fail("field_missing", "'recipient_id' is missing");
  if (made.audience == store::Audience::kDevice) {
    if (made.appid.empty()) made.appid = store::DeviceRegistration{}.appid;
    if (made.recipient_id.size() > DeviceLimits::kCid) {
      return fail("field_invalid",
                  fmt::format("'recipient_id' is a device's cid: at most {} bytes are allowed", DeviceLimits::kCid));
    }
  } else if (!made.appid.empty()) {
    return fail("field_invalid", "'appid' is for one device only: a user's devices of every app are told");
  }
  return {};
}

Result<void> set_cids(const json::Member& member, std::vector<std::string>& cids) {
  const auto wrong = [](std::string_view what) {
    return fail("field_invalid", fmt::format("'cids' must be an array of 1 to {} strings of 1 to {} bytes{}",
                                             NotificationLimits::kCids, DeviceLimits::kCid, what));
  };
  if (member.value.kind != json::Kind::kArray) return wrong("");
  std::unordered_set<std::string> seen;
  json::ArrayReader reader(member.value.text, member.value.offset);
  for (std::size_t i = 0;; ++i) {
    const auto element = reader.next();
    if (!element) return std::unexpected(element.error());
    if (!*element) break;
    auto cid = json::read_string(**element);
    if (!cid || cid->empty() || cid->size() > DeviceLimits::kCid || has_control_character(*cid)) {
      return wrong(fmt::format(": [{}] is none", i));
    }
    if (i == NotificationLimits::kCids) return wrong("");
    if (seen.insert(*cid).second) cids.push_back(std::move(*cid));
  }
  if (cids.empty()) return wrong(": it is empty, and nobody is told");
  return {};
}

struct SendRequest {
  store::NewNotification texts;
  std::vector<std::string> cids;
  std::string cid, user_id, merchant_id, appid, request_id;
};

constexpr std::string_view kSendFields =
    "cids, cid, user_id, merchant_id, appid, title, content, body, payload, request_id, idempotency_key";

Result<SendRequest> read_send_fields(std::string_view body) {
  SendRequest send;
  const TextField fields[] = {{"cid", DeviceLimits::kCid, &send.cid},
                              {"user_id", DeviceLimits::kOwner, &send.user_id},
                              {"merchant_id", DeviceLimits::kOwner, &send.merchant_id},
                              {"appid", DeviceLimits::kAppid, &send.appid},
                              {"request_id", NotificationLimits::kRequestId, &send.request_id},
                              {"idempotency_key", NotificationLimits::kRequestId, &send.request_id},
                              {"title", NotificationLimits::kTitle, &send.texts.title},
                              {"content", NotificationLimits::kText, &send.texts.content, true},
                              {"body", NotificationLimits::kText, &send.texts.body, true}};
  json::ObjectReader reader(body);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) return send;
    if ((*member)->key == "cids") {
      if (auto set = set_cids(**member, send.cids); !set) return std::unexpected(std::move(set.error()));
      continue;
    }
    if ((*member)->key == "payload") {
      if (auto set = set_payload(**member, send.texts.payload); !set) return std::unexpected(std::move(set.error()));
      continue;
    }
    const auto set = set_one_of(fields, **member);
    if (!set) return std::unexpected(set.error());
    if (!*set) return unknown_field((*member)->key, kSendFields);
  }
}

/// Tells the devices of one request apart, and the same device in a second try not.
std::string device_message_id(std::string_view request_id, std::string_view appid, std::string_view cid) {
  constexpr std::size_t kDigits = 32;
  return fmt::format("{}:{}", request_id, verify::sha256_hex(fmt::format("{}\n{}", appid, cid)).substr(0, kDigits));
}

}  // namespace

Result<NewNotifications> read_new_notification(std::string_view body, std::string_view fresh_id) {
  store::NewNotification made;
  bool has_audience = false;
  const TextField fields[] = {{"message_id", NotificationLimits::kMessageId, &made.message_id},
                              {"recipient_id", NotificationLimits::kRecipient, &made.recipient_id},
                              {"appid", DeviceLimits::kAppid, &made.appid},
                              {"title", NotificationLimits::kTitle, &made.title},
                              {"body", NotificationLimits::kText, &made.body, true},
                              {"content", NotificationLimits::kText, &made.content, true},
                              {"event_text_safe", NotificationLimits::kTitle, &made.event_text_safe},
                              {"status_code", NotificationLimits::kCode, &made.status_code},
                              {"tracking_no", NotificationLimits::kCode, &made.tracking_no},
                              {"order_id", NotificationLimits::kId, &made.order_id},
                              {"tracking_event_id", NotificationLimits::kId, &made.tracking_event_id}};
  json::ObjectReader reader(body);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) break;
    auto set = set_one_of(fields, **member);
    if (set && !*set) set = set_other(**member, made, has_audience);
    if (!set) return std::unexpected(std::move(set.error()));
    if (!*set) {
      return unknown_field((*member)->key,
                           "message_id, aud, recipient_id, appid, title, body, content, event_text_safe, payload, "
                           "status_code, tracking_no, order_id, tracking_event_id, event_time");
    }
  }
  if (!has_audience) return fail("field_missing", "'aud' is missing: user, merchant or device");
  if (auto good = check_recipient(made); !good) return std::unexpected(std::move(good.error()));
  if (auto good = check_texts(made); !good) return std::unexpected(std::move(good.error()));
  NewNotifications all{.notifications = {}, .ids_given = !made.message_id.empty()};
  if (!all.ids_given) made.message_id = fresh_id;
  all.notifications.push_back(std::move(made));
  return all;
}

Result<NewNotifications> read_send_request(std::string_view body, std::string_view fresh_id) {
  auto send = read_send_fields(body);
  if (!send) return std::unexpected(std::move(send.error()));
  const int targets = static_cast<int>(!send->cids.empty()) + static_cast<int>(!send->cid.empty()) +
                      static_cast<int>(!send->user_id.empty()) + static_cast<int>(!send->merchant_id.empty());
  if (targets == 0)
    return fail("field_missing", "give 'cids', 'cid', 'user_id' or 'merchant_id': nobody is to be told");
  if (targets > 1) return fail("field_invalid", "give one of 'cids', 'cid', 'user_id' and 'merchant_id' only");
  if (auto good = check_texts(send->texts); !good) return std::unexpected(std::move(good.error()));

  NewNotifications all{.notifications = {}, .ids_given = !send->request_id.empty()};
  const std::string request_id = all.ids_given ? send->request_id : std::string(fresh_id);
  if (!send->cid.empty()) send->cids = {send->cid};
  for (std::string& cid : send->cids) {
    store::NewNotification made = send->texts;
    made.audience = store::Audience::kDevice;
    made.appid = send->appid.empty() ? store::DeviceRegistration{}.appid : send->appid;
    made.message_id = device_message_id(request_id, made.appid, cid);
    made.recipient_id = std::move(cid);
    all.notifications.push_back(std::move(made));
  }
  if (all.notifications.empty()) {
    store::NewNotification made = std::move(send->texts);
    made.audience = send->user_id.empty() ? store::Audience::kMerchant : store::Audience::kUser;
    made.recipient_id = send->user_id.empty() ? send->merchant_id : send->user_id;
    made.appid = send->appid;
    made.message_id = request_id;
    all.notifications.push_back(std::move(made));
  }
  if (auto good = check_recipient(all.notifications.front()); !good) return std::unexpected(std::move(good.error()));
  return all;
}

Result<store::NotificationSelection> read_notification_selection(const QueryParameters& parameters) {
  store::NotificationSelection selection{.message_id = std::string(parameters["message_id"]),
                                         .recipient_id = std::string(parameters["recipient_id"]),
                                         .tracking_no = std::string(parameters["tracking_no"]),
                                         .send_status = std::string(parameters["send_status"])};
  if (const std::string_view audience = parameters["aud"]; !audience.empty()) {
    selection.audience = store::parse_audience(audience);
    if (!selection.audience) {
      return fail("parameter_invalid", fmt::format("'aud' is '{}'; it must be user, merchant or device", audience));
    }
  }
  if (!selection.send_status.empty() &&
      std::ranges::find(kSendStatuses, selection.send_status) == kSendStatuses.end()) {
    return fail("parameter_invalid", fmt::format("'send_status' is '{}'; there are {}", selection.send_status,
                                                 fmt::join(kSendStatuses, ", ")));
  }
  return selection;
}

void write_notification_members(JsonWriter& writer, const store::NotificationView& view) {
  const store::NewNotification& notification = view.notification;
  writer.text("id", view.id).text_or_null("message_id", notification.message_id);
  writer.text("aud", store::to_string(notification.audience)).text("recipient_id", notification.recipient_id);
  writer.text_or_null("appid", notification.appid).text_or_null("title", notification.title);
  writer.text_or_null("body", notification.body).text_or_null("content", notification.content);
  writer.text_or_null("event_text_safe", notification.event_text_safe);
  writer.text_or_null("status_code", notification.status_code).text_or_null("tracking_no", notification.tracking_no);
  writer.text_or_null("order_id", notification.order_id);
  writer.text_or_null("tracking_event_id", notification.tracking_event_id);
  writer.time_or_null("event_time", notification.event_time);
  // Somebody may have written it by hand.
  if (json::read_document(notification.payload)) {
    writer.raw("payload", notification.payload);
  } else {
    writer.text_or_null("payload", notification.payload);
  }
  writer.text_or_null("send_status", view.send_status).text_or_null("last_error", view.last_error);
  writer.number("targets", view.targets).number("delivered", view.delivered).number("failed", view.failed);
  writer.time_or_null("waits_until", view.waits_until);
  writer.time("created_at", view.created_at).time("updated_at", view.updated_at);
}

void write_notification(JsonWriter& writer, const store::NotificationView& view) {
  writer.begin_object();
  write_notification_members(writer, view);
  writer.end_object();
}

void write_delivery(JsonWriter& writer, const store::DeliveryView& delivery) {
  writer.begin_object().text("appid", delivery.appid).text("cid", delivery.cid);
  writer.text("event_id", delivery.event_id).text("request_id", delivery.request_id);
  writer.text("outcome", store::to_string(delivery.outcome)).text_or_null("last_error", delivery.last_error);
  writer.time("updated_at", delivery.updated_at).end_object();
}

}  // namespace yizhan::api

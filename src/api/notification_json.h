// Notifications, as they are handed over and as answers show them.
//
//   POST /api/v1/notifications   {"aud": "user" | "merchant" | "device", "recipient_id": …, "appid"? (of a device),
//                                 "message_id"?, "title"?, "body"?, "content"?, "event_text_safe"?, "payload"? (any
//                                 JSON value), "status_code"?, "tracking_no"?, "order_id"?, "tracking_event_id"?,
//                                 "event_time"? (RFC 3339)}
//   POST /api/v1/push/send       {"cids": […] | "cid" | "user_id" | "merchant_id", "appid"? (of cids), "title"?,
//                                 "content" | "body", "payload"?, "request_id"? | "idempotency_key"?}
//
// Unknown fields are refused, so that a misspelt one is noticed. One of the four texts must say something: phones do
// not show an empty notification.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "api/selection_request.h"
#include "base/json_writer.h"
#include "store/express_store.h"

namespace yizhan::api {

/// Texts of a notification, in bytes. What the push service takes is shorter and cut to fit when it is sent.
struct NotificationLimits {
  static constexpr std::size_t kMessageId = 255;
  static constexpr std::size_t kRequestId = 200;  ///< room for what tells the devices of one request apart
  static constexpr std::size_t kRecipient = 255;
  static constexpr std::size_t kTitle = 256;
  static constexpr std::size_t kText = 2048;
  static constexpr std::size_t kPayload = 3072;
  static constexpr std::size_t kCode = 64;
  static constexpr std::size_t kId = 64;
  static constexpr std::size_t kCids = 1000;
};

/// What is asked for, ready for the store.
struct NewNotifications {
  std::vector<store::NewNotification> notifications;
  /// The caller chose the message ids: there may be one of another recipient.
  bool ids_given = false;
};

/// Without a message_id it gets `fresh_id`. Codes `json_invalid`, `field_missing`, `field_unknown`, `field_invalid`.
Result<NewNotifications> read_new_notification(std::string_view body, std::string_view fresh_id);
/// One for each cid, or one for all devices of a user or merchant. message_id is the request id (without one,
/// `fresh_id`), for cids followed by a colon and a digest of appid and cid. Codes likewise.
Result<NewNotifications> read_send_request(std::string_view body, std::string_view fresh_id);

/// The parameters' names that read_notification_selection() and read_page() know.
inline constexpr std::array<std::string_view, 8> kNotificationParameters{
    "message_id", "aud", "recipient_id", "tracking_no", "send_status", "limit", "after", "order"};
/// What send_status may be asked for: `waiting` (NULL), `processing`, `retrying`, `success`, `failed`, `no-targets`.
inline constexpr std::array<std::string_view, 6> kSendStatuses{"waiting", "processing", "retrying",
                                                               "success", "failed",     "no-targets"};
/// Code `parameter_invalid`.
Result<store::NotificationSelection> read_notification_selection(const QueryParameters& parameters);

/// The members of a notification into an object that is open.
void write_notification_members(JsonWriter& writer, const store::NotificationView& view);
/// One object.
void write_notification(JsonWriter& writer, const store::NotificationView& view);
/// One object.
void write_delivery(JsonWriter& writer, const store::DeliveryView& delivery);

}  // namespace yizhan::api

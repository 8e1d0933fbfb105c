// Notifications, the devices they go to, and what became of each on each device.
//
//   express_notifications ─ fan out ─▶ one outbox event a device (platform `push`) + one `push_deliveries` row
//        send_status NULL                 │ the loop of dispatch/: leases, retries, attempts, dead letters
//        → processing → …   ◀─ settled ───┘ in the transaction that records the attempt (AttemptOutcome::device)
//
// send_status is a sum over the deliveries: NULL (waiting to be fanned out, or for a device), `processing` (some are
// outstanding), `retrying` (… and one of those has failed before), `success` (none is outstanding, at least one
// device got it), `failed` (none is outstanding and none got it), `no-targets` (nobody to send it to; last_error says
// for whom, and since when it waited).
//
// An operator who sets send_status to NULL has it fanned out again: devices that have it are left alone, failed
// deliveries are sent again under their request id, new devices are added. Failed ones of devices that are not active
// any more stay failed. Replay and discard of an event settle its delivery; whoever closes the event by hand in SQL
// leaves the delivery outstanding, until the notification is set back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "store/express.h"

namespace yizhan::store {

/// Platform of the outbox events that are deliveries to devices.
inline constexpr std::string_view kPushPlatform = "push";
inline constexpr std::string_view kPushEventType = "push.notification";

/// `aud` of a notification: whose devices it goes to.
enum class Audience {
  kUser,      ///< devices with this user_id
  kMerchant,  ///< devices with this merchant_id
  kDevice,    ///< the device whose cid is recipient_id, registered or not
};
/// `user`, `merchant`, `device`.
std::string_view to_string(Audience audience);
std::optional<Audience> parse_audience(std::string_view text);

/// A notification that is to be shown. `message_id` tells it apart: the same again changes the texts of one that was
/// not yet fanned out, and nothing of one that was.
struct NewNotification {
  std::string message_id;  ///< 1–255 bytes
  Audience audience = Audience::kUser;
  std::string recipient_id;  ///< 1–255 bytes
  std::string appid;         ///< of kDevice; elsewhere empty: devices of every app
  std::string title;
  std::string body;
  std::string content;
  std::string event_text_safe;  ///< fit for a lock screen
  std::string status_code;      ///< the parcel's state; empty where it is not about a parcel
  std::string tracking_no;      ///< likewise
  std::string order_id;
  std::string tracking_event_id;
  std::optional<UtcTime> event_time{};  ///< which of several about one parcel is the newest
  std::string payload;                  ///< JSON for the app; may be empty
};

/// What came of one NotifyTask. Recorded only while its lease token stands.
struct NotifyResult {
  std::string id;
  std::string lease_token;
  NotifyStatus status = NotifyStatus::kQueued;
  std::string last_error;  ///< empty for kQueued
  UtcTime retry_at{};      ///< for kPutOff
  std::vector<NewNotification> notifications;
};

/// A device as the fan-out meets it.
struct TargetDevice {
  std::string appid;
  std::string cid;  ///< never empty
  std::string platform;
};

/// A notification as the fan-out meets it.
struct DueNotification {
  std::string id;
  NewNotification notification;
  UtcTime created_at{};
};

/// What one device is sent: the payload of its outbox event. Pure; called inside the transaction.
/// `event_id` is the id of that event; without its hyphens it is the request id of every attempt.
using DeliveryPayload =
    std::function<std::string(const DueNotification&, const TargetDevice&, std::string_view event_id)>;

struct FanOutOptions {
  int notifications = 200;  ///< in one transaction
  int devices = 2000;       ///< likewise; a recipient with more is continued by the next
  Seconds wait_for_device{86400};
  std::int64_t endpoint_key = 0;  ///< of the events (dispatch/endpoint.h)
};

struct FanOutReply {
  int notifications = 0;  ///< looked at
  int deliveries = 0;     ///< events made or set back to pending: somebody has to be told that they are due
  bool more = false;      ///< others are due now
  std::optional<UtcTime> next_available_at{};  ///< when the next one is due; empty: none waits
};

/// POST /api/v1/push/register. Empty fields leave what is known of the device unchanged.
struct DeviceRegistration {
  std::string appid = "default";  ///< 1–64 bytes
  std::string cid{};              ///< 1–128 bytes
  std::string user_id{};
  std::string merchant_id{};
  std::string platform{};
};

struct Device {
  std::string id;
  std::string appid;
  std::string cid;
  std::string user_id;
  std::string merchant_id;
  std::string platform;
  bool is_active = true;
  std::string inactive_reason;
  UtcTime last_seen_at{};
  UtcTime created_at{};
  UtcTime updated_at{};
};

struct RegisteredDevice {
  Device device;
  bool existed = false;
  int notifications_woken = 0;  ///< that had waited for a device of this recipient
};

/// Every condition given must hold.
struct DeviceSelection {
  std::string appid{};
  std::string cid{};
  std::string user_id{};
  std::string merchant_id{};
  std::optional<bool> active{};
};

enum class DeliveryOutcome {
  kOutstanding,  ///< not sent yet, or to be sent again
  kDelivered,    ///< the service took it for a device that is there
  kIgnored,      ///< the service took it and will not show it (`successed_ignore`: inactive for 90 days)
  kFailed,
};
/// `outstanding`, `delivered`, `ignored`, `failed`.
std::string_view to_string(DeliveryOutcome outcome);
std::optional<DeliveryOutcome> parse_delivery_outcome(std::string_view text);

struct DeliveryView {
  std::string notification_id;
  std::string appid;
  std::string cid;
  std::string event_id;    ///< of the outbox: its attempts are those of this device
  std::string request_id;  ///< as the push service gets it, on every attempt
  DeliveryOutcome outcome = DeliveryOutcome::kOutstanding;
  std::string last_error;
  UtcTime updated_at{};
};

struct NotificationView {
  std::string id;
  NewNotification notification;
  std::string send_status;  ///< empty for NULL
  std::string last_error;
  std::int64_t targets = 0;
  std::int64_t delivered = 0;
  std::int64_t failed = 0;               ///< ignored ones included
  std::optional<UtcTime> waits_until{};  ///< for a device
  UtcTime created_at{};
  UtcTime updated_at{};
};

struct NotificationSelection {
  std::string id{};
  std::string message_id{};
  std::optional<Audience> audience{};
  std::string recipient_id{};
  std::string tracking_no{};
  std::string send_status{};  ///< `waiting` for NULL
};

/// The request id of a delivery, as the push service gets it on every attempt: the event's id without its hyphens.
/// Pure.
std::string request_id_of(std::string_view event_id);

/// send_status of a notification that was fanned out, of its counts. Pure.
/// `tried_again`: an outstanding delivery has failed before.
std::string_view send_status_of(std::int64_t targets, std::int64_t delivered, std::int64_t failed, bool tried_again);
/// send_status of a notification that ends with nobody left to get it: whoever failed to get it before was a target.
/// Pure.
std::string_view send_status_without_device(std::int64_t targets);

/// What `yizhan doctor schema` finds, and `yizhan migrate` mends: what a schema of the seed's has that ours must not.
struct SchemaFinding {
  std::string code;      ///< stable: `message_id_index_partial`, `message_id_duplicates`, `column_type`, …
  std::string evidence;  ///< the index's definition, how many duplicates and an example
  std::string mend;      ///< what to do
  bool mended_by_migrate = false;
};

}  // namespace yizhan::store

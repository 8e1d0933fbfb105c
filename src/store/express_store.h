// What the store does for waybills, notifications and devices: the part of Store (store.h) that the notify step, the
// fan-out, the push server and their commands use. Written once for both engines, on Session (session.h).
//
// Every call is one transaction. Those that write belong on the writer's thread (GroupCommit::run). Errors as in
// store.h. Each may be called again after an error, `commit_outcome_unknown` included: what was done is not done twice.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/express.h"
#include "store/push.h"

namespace yizhan::store {

struct Page;
template <class Row>
struct Rows;

class ExpressStore {
 public:
  virtual ~ExpressStore() = default;

  // ---- waybills
  // ------------------------------------------------------------------------------------------------------

  /// Adds the parcel, or changes carrier_code and order_id of the one that is there (empty fields leave what is
  /// known); with an order, adds that or changes its recipients likewise. Codes: `value_refused`.
  virtual Result<WaybillView> put_waybill(const Waybill& waybill, const std::optional<ExpressOrder>& order,
                                          UtcTime now) = 0;
  virtual Result<std::optional<WaybillView>> find_waybill(std::string_view tracking_no) = 0;

  // ---- the notify step
  // ---------------------------------------------------------------------------------------------

  /// Takes rows of notify_queue whose time has come, at most `limit`, and leases them. Several nodes may call at once.
  virtual Result<NotifyClaim> claim_notify(int limit, std::string_view lease_token, Milliseconds lease,
                                           UtcTime now) = 0;
  /// Writes the notifications and how each row ended. Answers how many were recorded: the others' leases are lost.
  virtual Result<int> record_notify(const std::vector<NotifyResult>& results, UtcTime now) = 0;

  // ---- fan-out
  // -----------------------------------------------------------------------------------------------------

  /// Takes notifications that are due, finds their devices, and for each device that has it not makes an outbox event
  /// (unclaimed, due now, correlation: the message_id) with its delivery row; failed deliveries of a notification that
  /// was set back are replayed. One without a device waits, or ends as `no-targets`. Several nodes may call at once.
  virtual Result<FanOutReply> fan_out(const FanOutOptions& options, const DeliveryPayload& payload, UtcTime now) = 0;

  // ---- notifications and devices
  // -----------------------------------------------------------------------------------

  /// Enqueues one. Answers it as it stands in the store then, and whether its message_id was there already.
  struct AddedNotification {
    NotificationView view;
    bool existed = false;
  };
  virtual Result<AddedNotification> add_notification(const NewNotification& notification, UtcTime now) = 0;
  /// Several, answered in order; at most 1,000. In one transaction where the engine has one for it; otherwise one after
  /// the other, and an error leaves those before it stored: the same call again stores the rest.
  virtual Result<std::vector<AddedNotification>> add_notifications(const std::vector<NewNotification>& notifications,
                                                                   UtcTime now) {
    std::vector<AddedNotification> added;
    for (const NewNotification& notification : notifications) {
      auto each = add_notification(notification, now);
      if (!each) return std::unexpected(std::move(each.error()));
      added.push_back(std::move(*each));
    }
    return added;
  }
  virtual Result<Rows<NotificationView>> list_notifications(const NotificationSelection& selection,
                                                            const Page& page) = 0;
  /// Of one notification, by appid and cid, after `after` (appid, line end, cid; empty: from the first).
  virtual Result<std::vector<DeliveryView>> deliveries(std::string_view notification_id, std::string_view after,
                                                       int limit) = 0;

  /// Upsert on (appid, cid); active again. Notifications that wait for a device of its user or merchant become due:
  /// of those about one parcel only the newest, the older ones end as `no-targets`, overtaken.
  virtual Result<RegisteredDevice> register_device(const DeviceRegistration& registration, UtcTime now) = 0;
  /// Not active any more. False when there is no such device.
  virtual Result<bool> unregister_device(std::string_view appid, std::string_view cid, std::string_view reason,
                                         UtcTime now) = 0;
  /// Newest first by last_seen_at where a user, merchant or cid is given; else by id.
  virtual Result<Rows<Device>> list_devices(const DeviceSelection& selection, const Page& page) = 0;

  /// What in the schema needs mending; empty: nothing.
  virtual Result<std::vector<SchemaFinding>> check_express_schema() = 0;
};

}  // namespace yizhan::store

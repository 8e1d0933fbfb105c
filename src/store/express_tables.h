// ExpressStore (express_store.h) for both engines: every call is a few texts on a Session (session.h). An engine adds
// how a transaction is begun and ended, and how its outbox takes an event.
//
//   express_waybills.cpp   parcels and whose they are
//   notify_queue.cpp       claiming and recording what has to be told
//   notifications.cpp      notifications, and what became of them on each device
//   devices.cpp            registrations
//   fan_out.cpp            a notification becomes events, one a device
//   delivery_settling.cpp  what becomes of a delivery when its event is recorded, replayed or discarded
//   express_schema.cpp     what in the schema needs mending
#pragma once

#include <string_view>
#include <vector>

#include "base/ids.h"
#include "store/session.h"
#include "store/store.h"

namespace yizhan::store {

class ExpressTables : public Store {
 public:
  Result<WaybillView> put_waybill(const Waybill& waybill, const std::optional<ExpressOrder>& order, UtcTime now) final;
  Result<std::optional<WaybillView>> find_waybill(std::string_view tracking_no) final;
  Result<NotifyClaim> claim_notify(int limit, std::string_view lease_token, Milliseconds lease, UtcTime now) final;
  Result<int> record_notify(const std::vector<NotifyResult>& results, UtcTime now) final;
  Result<FanOutReply> fan_out(const FanOutOptions& options, const DeliveryPayload& payload, UtcTime now) final;
  Result<AddedNotification> add_notification(const NewNotification& notification, UtcTime now) final;
  Result<std::vector<AddedNotification>> add_notifications(const std::vector<NewNotification>& notifications,
                                                           UtcTime now) final;
  Result<Rows<NotificationView>> list_notifications(const NotificationSelection& selection, const Page& page) final;
  Result<std::vector<DeliveryView>> deliveries(std::string_view notification_id, std::string_view after,
                                               int limit) final;
  Result<RegisteredDevice> register_device(const DeviceRegistration& registration, UtcTime now) final;
  Result<bool> unregister_device(std::string_view appid, std::string_view cid, std::string_view reason,
                                 UtcTime now) final;
  Result<Rows<Device>> list_devices(const DeviceSelection& selection, const Page& page) final;
  Result<std::vector<SchemaFinding>> check_express_schema() final;

 protected:
  /// Stores events like any others that are handed over, in the transaction of `session`; answers their sequences, in
  /// order. They carry neither idempotency nor order key, and ask for no lease.
  virtual Result<std::vector<std::int64_t>> store_events(Session& session, std::vector<NewEvent> events,
                                                         UtcTime now) = 0;

  IdMaker ids_;  ///< for rows and events
};

}  // namespace yizhan::store

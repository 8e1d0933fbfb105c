// ExpressStore (express_store.h) for both engines: every call is a few texts on a Session (session.h). An engine adds
// how a transaction is begun and ended.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "store/session.h"
#include "store/store.h"

namespace yizhan::store {

class ExpressTables : public Store {
 public:
  Result<WaybillView> put_waybill(const Waybill& waybill, const std::optional<ExpressOrder>& order,
                                  UtcTime now) final;
  Result<std::optional<WaybillView>> find_waybill(std::string_view tracking_no) final;
  Result<NotifyClaim> claim_notify(int limit, std::string_view lease_token, Milliseconds lease, UtcTime now) final;
  Result<int> record_notify(const std::vector<NotifyResult>& results, UtcTime now) final;
  Result<FanOutReply> fan_out(const FanOutOptions& options, const DeliveryPayload& payload, UtcTime now) final;
  Result<AddedNotification> add_notification(const NewNotification& notification, UtcTime now) final;
  Result<Rows<NotificationView>> list_notifications(const NotificationSelection& selection, const Page& page) final;
  Result<std::vector<DeliveryView>> deliveries(std::string_view notification_id, std::string_view after,
                                               int limit) final;
  Result<RegisteredDevice> register_device(const DeviceRegistration& registration, UtcTime now) final;
  Result<bool> unregister_device(std::string_view appid, std::string_view cid, std::string_view reason,
                                 UtcTime now) final;
  Result<Rows<Device>> list_devices(const DeviceSelection& selection, const Page& page) final;
  Result<std::vector<SchemaFinding>> check_express_schema() final;
};

}  // namespace yizhan::store

#include "store/express_tables.h"

namespace yizhan::store {
namespace {

std::unexpected<Error> not_built() {
  return fail("sql_error", "not built yet");
}

}  // namespace

Result<WaybillView> ExpressTables::put_waybill(const Waybill&, const std::optional<ExpressOrder>&, UtcTime) {
  return not_built();
}
Result<std::optional<WaybillView>> ExpressTables::find_waybill(std::string_view) {
  return not_built();
}
Result<NotifyClaim> ExpressTables::claim_notify(int, std::string_view, Milliseconds, UtcTime) {
  return not_built();
}
Result<int> ExpressTables::record_notify(const std::vector<NotifyResult>&, UtcTime) {
  return not_built();
}
Result<FanOutReply> ExpressTables::fan_out(const FanOutOptions&, const DeliveryPayload&, UtcTime) {
  return not_built();
}
Result<ExpressStore::AddedNotification> ExpressTables::add_notification(const NewNotification&, UtcTime) {
  return not_built();
}
Result<std::vector<ExpressStore::AddedNotification>> ExpressTables::add_notifications(
    const std::vector<NewNotification>&, UtcTime) {
  return not_built();
}
Result<Rows<NotificationView>> ExpressTables::list_notifications(const NotificationSelection&, const Page&) {
  return not_built();
}
Result<std::vector<DeliveryView>> ExpressTables::deliveries(std::string_view, std::string_view, int) {
  return not_built();
}
Result<RegisteredDevice> ExpressTables::register_device(const DeviceRegistration&, UtcTime) {
  return not_built();
}
Result<bool> ExpressTables::unregister_device(std::string_view, std::string_view, std::string_view, UtcTime) {
  return not_built();
}
Result<Rows<Device>> ExpressTables::list_devices(const DeviceSelection&, const Page&) {
  return not_built();
}
Result<std::vector<SchemaFinding>> ExpressTables::check_express_schema() {
  return not_built();
}

}  // namespace yizhan::store

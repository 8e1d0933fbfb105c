// Parcels, as applications make them known and as answers show them.
//
//   PUT /api/v1/waybills/{tracking_no}   {"carrier_code"?, "order_id"?, "user_id"?, "merchant_id"?}
//
// user_id and merchant_id are those of the order: the recipients of what carriers say about the parcel. Empty or absent
// fields leave what is known.
#pragma once

#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/json_writer.h"
#include "store/express.h"

namespace yizhan::api {

/// Texts of a parcel, in bytes.
struct WaybillLimits {
  static constexpr std::size_t kTrackingNo = 64;
  static constexpr std::size_t kCarrierCode = 64;
  static constexpr std::size_t kOrderId = 64;
  static constexpr std::size_t kOwner = 255;
};

struct NewWaybill {
  store::Waybill waybill;
  std::optional<store::ExpressOrder> order;
};

/// Codes `json_invalid`, `field_missing`, `field_unknown`, `field_invalid`.
Result<NewWaybill> read_waybill(std::string_view tracking_no, std::string_view body);
/// Of parts that did not come as JSON. Codes `field_missing`, `field_invalid`.
Result<NewWaybill> make_waybill(store::Waybill waybill, std::string user_id, std::string merchant_id);

/// One object, with its order's recipients and its tracking events.
void write_waybill(JsonWriter& writer, const store::WaybillView& view);

}  // namespace yizhan::api

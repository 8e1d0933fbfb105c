#include "api/waybill_json.h"

#include <fmt/format.h>

#include "api/field_text.h"
#include "base/json_scan.h"

namespace yizhan::api {

Result<NewWaybill> make_waybill(store::Waybill waybill, std::string user_id, std::string merchant_id) {
  struct Text {
    std::string_view name, value;
    std::size_t limit;
  };
  for (const Text& text :
       {Text{"tracking_no", waybill.tracking_no, WaybillLimits::kTrackingNo},
        Text{"carrier_code", waybill.carrier_code, WaybillLimits::kCarrierCode},
        Text{"order_id", waybill.order_id, WaybillLimits::kOrderId}, Text{"user_id", user_id, WaybillLimits::kOwner},
        Text{"merchant_id", merchant_id, WaybillLimits::kOwner}}) {
    if (text.value.size() > text.limit || has_control_character(text.value)) {
      return fail("field_invalid",
                  fmt::format("'{}' must have at most {} bytes and no control character", text.name, text.limit));
    }
  }
  if (waybill.tracking_no.empty()) return fail("field_missing", "'tracking_no' is missing");
  NewWaybill made{std::move(waybill), std::nullopt};
  if (user_id.empty() && merchant_id.empty()) return made;
  if (made.waybill.order_id.empty()) {
    return fail("field_missing", "'order_id' is missing: user_id and merchant_id are those of an order");
  }
  made.order = store::ExpressOrder{made.waybill.order_id, std::move(user_id), std::move(merchant_id)};
  return made;
}

Result<NewWaybill> read_waybill(std::string_view tracking_no, std::string_view body) {
  store::Waybill waybill;
  waybill.tracking_no = tracking_no;
  std::string user_id, merchant_id;
  const TextField fields[] = {{"carrier_code", WaybillLimits::kCarrierCode, &waybill.carrier_code},
                              {"order_id", WaybillLimits::kOrderId, &waybill.order_id},
                              {"user_id", WaybillLimits::kOwner, &user_id},
                              {"merchant_id", WaybillLimits::kOwner, &merchant_id}};
  json::ObjectReader reader(body);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) break;
    const auto set = set_one_of(fields, **member);
    if (!set) return std::unexpected(set.error());
    if (!*set) {
      return fail("field_unknown",
                  fmt::format("there is no field '{}'; the fields are carrier_code, order_id, user_id, "
                              "merchant_id",
                              (*member)->key.substr(0, 64)));
    }
  }
  return make_waybill(std::move(waybill), std::move(user_id), std::move(merchant_id));
}

void write_waybill(JsonWriter& writer, const store::WaybillView& view) {
  const store::Waybill& waybill = view.waybill;
  writer.begin_object().text("id", waybill.id).text("tracking_no", waybill.tracking_no);
  writer.text_or_null("carrier_code", waybill.carrier_code).text_or_null("order_id", waybill.order_id);
  writer.text_or_null("user_id", view.order ? view.order->user_id : "");
  writer.text_or_null("merchant_id", view.order ? view.order->merchant_id : "");
  writer.text_or_null("status_code", waybill.status_code).time_or_null("status_time", waybill.status_time);
  writer.text_or_null("status_text", waybill.status_text);
  writer.time("created_at", waybill.created_at).time("updated_at", waybill.updated_at);
  writer.key("events").begin_array();
  for (const store::TrackingEvent& event : view.events) {
    writer.begin_object().text("id", event.id).text("status_code", event.step.status_code);
    writer.text_or_null("received_code", event.step.received_code).time("event_time", event.step.event_time);
    writer.text_or_null("event_text", event.step.event_text).text_or_null("location", event.step.location);
    writer.text_or_null("carrier_code", event.step.carrier_code).boolean("late", event.late);
    // As text: 63 bits do not fit into the numbers of JavaScript.
    writer.text_or_null("callback_id", event.callback_id == 0 ? "" : std::to_string(event.callback_id));
    writer.time("created_at", event.created_at).end_object();
  }
  writer.end_array().end_object();
}

}  // namespace yizhan::api

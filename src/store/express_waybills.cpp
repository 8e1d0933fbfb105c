// ExpressTables: parcels, and whose they are.
#include <fmt/format.h>

#include "store/express_tables.h"
#include "store/field_check.h"

namespace yizhan::store {
namespace {

constexpr std::size_t kLongestWaybillId = 64;
constexpr std::int64_t kMostEvents = 1000;

std::optional<Error> refusal(const Waybill& waybill, const std::optional<ExpressOrder>& order) {
  if (auto refused = refuse_text("tracking_no", waybill.tracking_no, 1, kLongestWaybillId)) return refused;
  if (auto refused = refuse_text("carrier_code", waybill.carrier_code, 0, kLongestWaybillId)) return refused;
  if (auto refused = refuse_text("order_id", waybill.order_id, 0, kLongestWaybillId)) return refused;
  if (!order) return std::nullopt;
  if (auto refused = refuse_text("the order's id", order->id, 1, kLongestWaybillId)) return refused;
  if (auto refused = refuse_text("user_id", order->user_id, 0, 255)) return refused;
  if (auto refused = refuse_text("merchant_id", order->merchant_id, 0, 255)) return refused;
  if (!waybill.order_id.empty() && waybill.order_id != order->id) {
    return Error{"value_refused", fmt::format("the parcel names the order {}, and the order given is {}; give one",
                                              waybill.order_id, order->id)};
  }
  return std::nullopt;
}

Waybill read_waybill(const SqlRow& row) {
  Waybill waybill;
  waybill.id = text_of(row, 0);
  waybill.tracking_no = text_of(row, 1);
  waybill.carrier_code = text_of(row, 2);
  waybill.order_id = text_of(row, 3);
  waybill.status_code = text_of(row, 4);
  waybill.status_time = optional_time(row, 5);
  waybill.status_text = text_of(row, 6);
  waybill.created_at = row.time(7);
  waybill.updated_at = row.time(8);
  return waybill;
}

TrackingEvent read_event(const SqlRow& row) {
  TrackingEvent event;
  event.id = text_of(row, 0);
  event.step.tracking_no = text_of(row, 1);
  event.step.status_code = text_of(row, 2);
  event.step.received_code = text_of(row, 3);
  event.step.event_time = row.time(4);
  event.step.event_text = text_of(row, 5);
  event.step.location = text_of(row, 6);
  event.step.carrier_code = text_of(row, 7);
  event.late = row.integer(8) != 0;
  event.callback_id = row.integer(9);
  event.created_at = row.time(10);
  return event;
}

Result<std::optional<WaybillView>> find(Session& session, const std::string& tracking_no) {
  std::optional<WaybillView> view;
  session.send(
      "SELECT id, tracking_no, carrier_code, order_id, status_code, status_time, status_text, created_at, updated_at "
      "FROM platform_express_waybills WHERE tracking_no = $1",
      {tracking_no},
      [&](const SqlRow& row) { view = WaybillView{.waybill = read_waybill(row), .order = {}, .events = {}}; });
  if (auto done = session.finish(); !done) return std::unexpected(done.error());
  if (!view) return view;
  session.send(
      "SELECT CAST(id AS text), CAST(user_id AS text), CAST(merchant_id AS text) FROM ml_orders "
      "WHERE CAST(id AS text) = $1",
      {view->waybill.order_id}, [&](const SqlRow& row) {
        view->order = ExpressOrder{.id = text_of(row, 0), .user_id = text_of(row, 1), .merchant_id = text_of(row, 2)};
      });
  session.send(
      "SELECT id, tracking_no, status_code, received_code, event_time, event_text, location, carrier_code, is_late, "
      "callback_id, created_at FROM platform_express_tracking_events WHERE tracking_no = $1 "
      "ORDER BY event_time, created_at, id LIMIT $2",
      {tracking_no, kMostEvents}, [&](const SqlRow& row) { view->events.push_back(read_event(row)); });
  if (auto done = session.finish(); !done) return std::unexpected(done.error());
  return view;
}

/// An application's ml_orders may have ids that are no text: on PostgreSQL the values take the columns' types.
void send_order(Session& session, const ExpressOrder& order, UtcTime now) {
  session.send(
      "INSERT INTO ml_orders (id, user_id, merchant_id) "
      "{sqlite|VALUES ($1, nullif($2, ''), nullif($3, ''))}"
      "{postgres|SELECT given.id, given.user_id, given.merchant_id FROM jsonb_populate_record(NULL::ml_orders, "
      "jsonb_build_object('id', $1, 'user_id', nullif($2, ''), 'merchant_id', nullif($3, ''))) AS given} "
      "ON CONFLICT (id) DO UPDATE SET user_id = coalesce(excluded.user_id, ml_orders.user_id), "
      "merchant_id = coalesce(excluded.merchant_id, ml_orders.merchant_id), updated_at = $4",
      {order.id, order.user_id, order.merchant_id, now});
}

}  // namespace

Result<WaybillView> ExpressTables::put_waybill(const Waybill& waybill, const std::optional<ExpressOrder>& order,
                                               UtcTime now) {
  if (auto refused = refusal(waybill, order)) return std::unexpected(std::move(*refused));
  std::optional<WaybillView> view;
  const auto done = transact("put_waybill.before_commit", [&](Session& session) -> Result<void> {
    if (order) send_order(session, *order, now);
    session.send(
        "INSERT INTO platform_express_waybills (id, tracking_no, carrier_code, order_id, created_at, updated_at) "
        "VALUES ($1, $2, nullif($3, ''), nullif($4, ''), $5, $5) ON CONFLICT (tracking_no) DO UPDATE SET "
        "carrier_code = coalesce(excluded.carrier_code, platform_express_waybills.carrier_code), "
        "order_id = coalesce(excluded.order_id, platform_express_waybills.order_id), updated_at = excluded.updated_at",
        {ids_.make(now), waybill.tracking_no, waybill.carrier_code, order ? order->id : waybill.order_id, now});
    auto found = find(session, waybill.tracking_no);
    if (!found) return std::unexpected(found.error());
    view = std::move(*found);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  if (!view) return fail("store_unavailable", "the parcel was deleted at the same moment; try again");
  return *std::move(view);
}

Result<std::optional<WaybillView>> ExpressTables::find_waybill(std::string_view tracking_no) {
  std::optional<WaybillView> view;
  const auto done = look([&](Session& session) -> Result<void> {
    auto found = find(session, std::string(tracking_no));
    if (!found) return std::unexpected(found.error());
    view = std::move(*found);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return view;
}

}  // namespace yizhan::store

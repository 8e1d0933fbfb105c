// Lookups: what was received, and orders.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "store/inbound_sql.h"
#include "store/lookups.h"
#include "store/receiving.h"

namespace yizhan::store {

CallbackView read_callback_view(const SqlRow& row) {
  const auto text = [&](int column) { return std::string(row.bytes(column)); };
  CallbackView view;
  view.id = row.integer(kCallbackId);
  view.callback.source = text(kCallbackSource);
  view.callback.event_type = text(kCallbackEventType);
  view.callback.idempotency_key = text(kCallbackIdempotencyKey);
  view.callback.received_at = row.time(kCallbackReceivedAt);
  view.callback.peer = text(kCallbackPeer);
  view.callback.target = text(kCallbackTarget);
  view.callback.headers = text(kCallbackHeaders);
  view.callback.body = text(kCallbackBody);
  view.callback.body_size = row.integer(kCallbackBodySize);
  view.callback.reason = text(kCallbackReason);
  view.callback.duration = Microseconds{row.integer(kCallbackDuration)};
  view.verdict = parse_verdict(row.bytes(kCallbackVerdict)).value_or(Verdict::kRejected);
  view.effect = parse_effect_result(row.bytes(kCallbackEffect)).value_or(EffectResult::kNone);
  view.answer_status = static_cast<int>(row.integer(kCallbackAnswerStatus));
  view.duplicate_count = row.integer(kCallbackDuplicateCount);
  if (!row.null(kCallbackFirstId)) view.first_id = row.integer(kCallbackFirstId);
  view.event_ids = split_ids(row.bytes(kCallbackEventIds));
  if (!row.null(kCallbackRemovedBytes)) view.removed_bytes = row.integer(kCallbackRemovedBytes);
  return view;
}

namespace {

/// Asked for by the same call, whatever has become of it since.
bool same_order(const PayOrder& one, const PayOrder& other) {
  return one.total_fee == other.total_fee && one.currency == other.currency && one.merchant == other.merchant &&
         one.description == other.description && one.user_id == other.user_id;
}

}  // namespace

Result<std::optional<CallbackView>> Lookups::find_callback(std::int64_t id, bool with_body) {
  std::vector<CallbackView> found;
  const auto done =
      query(callback_query(id, with_body), [&](const SqlRow& row) { found.push_back(read_callback_view(row)); });
  if (!done) return std::unexpected(done.error());
  if (const auto read = read_keys(found); !read) return std::unexpected(read.error());
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<Rows<CallbackView>> Lookups::list_callbacks(const CallbackSelection& selection, const Page& page) {
  Rows<CallbackView> listed;
  std::int64_t last = 0;
  const auto done = query(callbacks_query(selection, page, dialect()), [&](const SqlRow& row) {
    take_into_page(listed, page, last, row.integer(kCallbackId), read_callback_view(row));
  });
  if (!done) return std::unexpected(done.error());
  if (const auto read = read_keys(listed.rows); !read) return std::unexpected(read.error());
  return listed;
}

Result<void> Lookups::read_keys(std::vector<CallbackView>& views) {
  std::vector<std::int64_t> ids;
  for (const CallbackView& view : views) {
    ids.push_back(view.id);
    if (view.first_id) ids.push_back(*view.first_id);
  }
  if (ids.empty()) return {};
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());

  std::map<std::int64_t, std::vector<CallbackKey>> keys;
  const auto done = query(callback_keys_query(ids), [&](const SqlRow& row) {
    CallbackKey key{.name = std::string(row.bytes(1)), .value = std::string(row.bytes(2))};
    if (key.name != kIdempotencyKeyName) keys[row.integer(0)].push_back(std::move(key));
  });
  if (!done) return std::unexpected(done.error());
  for (CallbackView& view : views) {
    const auto own = keys.find(view.id);
    const auto shown = own == keys.end() && view.first_id ? keys.find(*view.first_id) : own;
    if (shown != keys.end()) view.keys = shown->second;
  }
  return {};
}

Result<CreatedOrder> Lookups::create_pay_order(const PayOrder& order) {
  const auto inserted = query(insert_order_query(order, dialect()), {});
  if (!inserted) return std::unexpected(inserted.error());
  const auto stored = find_pay_order(order.out_trade_no);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) {
    return fail("store_unavailable",
                fmt::format("the order {} was deleted at the same moment; try again", order.out_trade_no));
  }
  const bool existed = *inserted == 0;
  if (existed && !same_order(**stored, order)) {
    return fail("order_conflict",
                fmt::format("there is another order under the number {:?}, of {} {}; repeat that order unchanged, or "
                            "use a new number",
                            order.out_trade_no, (*stored)->total_fee, (*stored)->currency));
  }
  return CreatedOrder{.order = **stored, .existed = existed};
}

Result<std::optional<PayOrder>> Lookups::find_pay_order(std::string_view out_trade_no) {
  std::optional<PayOrder> found;
  const auto done = query(order_query(out_trade_no), [&](const SqlRow& row) { found = read_order(row); });
  if (!done) return std::unexpected(done.error());
  return found;
}

Result<std::optional<PayOrder>> Lookups::close_pay_order(std::string_view out_trade_no, UtcTime now) {
  const auto closed = query(close_order_query(out_trade_no, now, dialect()), {});
  if (!closed) return std::unexpected(closed.error());
  return find_pay_order(out_trade_no);
}

}  // namespace yizhan::store

// What a CallbackSelection means in SQL, for both engines: the statements that list callbacks, and those of orders.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "store/query.h"
#include "store/store.h"

namespace yizhan::store {

/// SQLite's table callback_blocks says for each source and event type which blocks of ids, `id / kCallbackBlock`, hold
/// callbacks of it. It may still name a block whose last one went.
inline constexpr std::int64_t kCallbackBlock = 256;
/// In a FROM clause: the callbacks `c` of the blocks `b`, block by block. Ordered by b.block and c.id, nothing is
/// sorted.
std::string callbacks_of_blocks();

/// Columns of callback_query and callbacks_query, in this order; read_callback_view reads them.
enum CallbackColumn {
  kCallbackId,
  kCallbackSource,
  kCallbackEventType,
  kCallbackIdempotencyKey,
  kCallbackReceivedAt,
  kCallbackPeer,
  kCallbackTarget,
  kCallbackHeaders,
  kCallbackBody,  ///< NULL where it was not asked for
  kCallbackBodySize,
  kCallbackVerdict,
  kCallbackReason,
  kCallbackEffect,
  kCallbackAnswerStatus,
  kCallbackDuration,
  kCallbackDuplicateCount,
  kCallbackFirstId,
  kCallbackEventIds,
  kCallbackRemovedBytes,  ///< NULL where the body is as it came
};
CallbackView read_callback_view(const SqlRow& row);

/// One callback by its id.
Query callback_query(std::int64_t id, bool with_body);

/// One page of a selection without bodies, and one row more, by which the caller sees that another page follows.
Query callbacks_query(const CallbackSelection& selection, const Page& page, const Dialect& dialect);

/// `callback_id`, `name`, `value` of all the keys of these callbacks.
Query callback_keys_query(std::span<const std::int64_t> ids);

/// An order's columns in PayOrder's order, as select list.
inline constexpr std::string_view kOrderColumns =
    "out_trade_no, status, total_fee, currency, merchant, description, user_id, provider, transaction_id, refund_fee, "
    "paid_at, created_at, updated_at";
Query order_query(std::string_view out_trade_no);
/// A row of kOrderColumns.
PayOrder read_order(const SqlRow& row);
/// Changes nothing where the number is taken.
Query insert_order_query(const PayOrder& order, const Dialect& dialect);
/// Changes nothing unless the order is unpaid.
Query close_order_query(std::string_view out_trade_no, UtcTime now, const Dialect& dialect);

}  // namespace yizhan::store

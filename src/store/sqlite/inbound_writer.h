// What a batch does with callbacks, inside the transaction that the caller began: each goes on record with its keys,
// its effect and the events it causes. Their rows wait until there are many, or one of them is asked for.
//
// An error means that the transaction must be rolled back. What concerns one call only is inside its answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/receiving.h"
#include "store/sqlite/callback_blocks.h"
#include "store/sqlite/callback_lookup.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/express_waybills.h"
#include "store/sqlite/minutes.h"
#include "store/sqlite/outbox_writer.h"
#include "store/sqlite/pay_orders.h"
#include "store/sqlite/row_inserts.h"

namespace yizhan::store::sqlite {

class InboundWriter {
 public:
  /// `outbox` outlives this object.
  static Result<InboundWriter> open(Connection& connection, OutboxWriter& outbox);

  /// `call` lives until finish() or roll_back().
  Result<Result<Received>> receive(const ReceiveCall& call, const Moment& moment);

  /// After the last callback of the transaction: what finds them by time, and what has to go for them.
  Result<void> finish(const InboundQuota& quota);
  void commit();
  void roll_back();

  /// As OutboxWriter::find_trace.
  Result<std::optional<bool>> find_trace(const WriteBatch& batch, const WriteReply& reply);

 private:
  /// The rows of one verdict, of which only the newest are kept.
  struct Kept {
    Statement forget;
    QuotaPace pace;
  };

  InboundWriter(Connection& connection, OutboxWriter& outbox, CallbackLookup lookup, CallbackBlocks blocks,
                Minutes minutes, PayOrders orders, ExpressWaybills waybills)
      : connection_(&connection),
        outbox_(&outbox),
        lookup_(std::move(lookup)),
        blocks_(std::move(blocks)),
        minutes_(std::move(minutes)),
        orders_(std::move(orders)),
        waybills_(std::move(waybills)) {}

  Result<void> prepare();
  Error error(int code, std::string_view doing) const { return connection_->error(code, doing); }

  /// The accepted callback of the same source and idempotency key.
  struct First {
    std::int64_t id;
    bool body_differs;
  };
  Result<std::optional<First>> find_first(const ReceiveCall& call, const Moment& moment);
  Result<Received> repeat(const ReceiveCall& call, const First& first, const Moment& moment);
  Result<Result<Received>> take_in(const ReceiveCall& call, const Moment& moment);
  /// The events that the callback causes, into `received`; an error inside concerns the call, and nothing of it stays.
  Result<Result<void>> store_events(const ReceiveCall& call, const Moment& moment, Received& received);
  /// Its row and its keys, to be written by write_rows(); sets the callback's id. No `body`: an identical duplicate.
  Result<void> insert(const ReceiveCall& call, const Ruling& ruling, std::optional<std::string_view> body,
                      const Moment& moment, Received& received);
  Result<void> insert_keys(const ReceiveCall& call, const Moment& moment, const Received& received);
  Result<std::int64_t> take_id();
  /// Whether the callback's row is not written yet.
  bool is_waiting(std::int64_t id) const { return !rows_.empty() && id >= rows_.front().id; }
  Result<void> write_rows();
  Result<void> forget(Kept& kept, std::int64_t quota);

  struct CallbackRow {
    std::int64_t id;
    const ReceiveCall* call;
    Ruling ruling;
    std::optional<std::int64_t> first_id;
    std::string event_ids;
    std::optional<std::string_view> body;
  };
  struct KeyRow {
    std::int64_t callback_id;
    SearchKey key;
    bool accepted;
  };
  static void bind(Statement& statement, int first, const CallbackRow& row);
  static void bind(Statement& statement, int first, const KeyRow& row);

  Connection* connection_;
  OutboxWriter* outbox_;
  CallbackLookup lookup_;
  CallbackBlocks blocks_;
  Minutes minutes_;
  PayOrders orders_;
  ExpressWaybills waybills_;
  Kept rejected_, duplicates_;

  RowInserts insert_callbacks_, insert_keys_;
  Statement newest_id_, find_first_, count_duplicate_, callback_exists_;

  // Of the transaction.
  std::optional<std::int64_t> last_id_;
  std::vector<CallbackRow> rows_;
  std::vector<KeyRow> key_rows_;
};

}  // namespace yizhan::store::sqlite

// What a batch does with callbacks, inside the transaction that the caller began: each goes on record with its keys,
// its effect and the events it causes.
//
// An error means that the transaction must be rolled back. What concerns one call only is inside its answer.
#pragma once

#include <optional>
#include <string_view>

#include "store/receiving.h"
#include "store/sqlite/callback_lookup.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/express_waybills.h"
#include "store/sqlite/minutes.h"
#include "store/sqlite/outbox_writer.h"
#include "store/sqlite/pay_orders.h"

namespace yizhan::store::sqlite {

class InboundWriter {
 public:
  /// `outbox` outlives this object.
  static Result<InboundWriter> open(Connection& connection, OutboxWriter& outbox);

  Result<Result<Received>> receive(const ReceiveCall& call, const Moment& moment);

  /// After the last callback of the transaction: what finds them by time, and what has to go for them.
  Result<void> finish(const InboundQuota& quota);
  void commit() { lookup_.commit(); }
  void roll_back() {
    minutes_.roll_back();
    lookup_.roll_back();
  }

  /// As OutboxWriter::find_trace.
  Result<std::optional<bool>> find_trace(const WriteBatch& batch, const WriteReply& reply);

 private:
  /// The rows of one verdict, of which only the newest are kept.
  struct Kept {
    Statement forget;
    QuotaPace pace;
  };

  InboundWriter(Connection& connection, OutboxWriter& outbox, CallbackLookup lookup, Minutes minutes, PayOrders orders,
                ExpressWaybills waybills)
      : connection_(&connection),
        outbox_(&outbox),
        lookup_(std::move(lookup)),
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
  /// Its row; sets the callback's id. No `body`: an identical duplicate.
  Result<void> insert(const ReceiveCall& call, const Ruling& ruling, std::optional<std::string_view> body,
                      const Moment& moment, Received& received);
  Result<void> insert_keys(const ReceiveCall& call, const Moment& moment, const Received& received);
  Result<void> forget(Kept& kept, std::int64_t quota);

  Connection* connection_;
  OutboxWriter* outbox_;
  CallbackLookup lookup_;
  Minutes minutes_;
  PayOrders orders_;
  ExpressWaybills waybills_;
  Kept rejected_, duplicates_;

  Statement insert_callback_, insert_key_, find_first_, count_duplicate_, callback_exists_;
};

}  // namespace yizhan::store::sqlite

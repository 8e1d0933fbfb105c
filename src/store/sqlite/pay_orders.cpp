#include "store/sqlite/pay_orders.h"

#include <fmt/format.h>

#include <utility>

#include "store/inbound_sql.h"
#include "store/pay_effect.h"
#include "store/sqlite/statement_row.h"

namespace yizhan::store::sqlite {

Result<PayOrders> PayOrders::open(Connection& connection) {
  PayOrders orders(connection);
  const std::pair<Statement*, std::string> statements[] = {
      {&orders.read_order_, fmt::format("SELECT {} FROM pay_orders WHERE out_trade_no = ?1", kOrderColumns)},
      {&orders.read_refund_, "SELECT out_trade_no FROM pay_refunds WHERE provider = ?1 AND out_refund_no = ?2"},
      {&orders.write_order_,
       "UPDATE pay_orders SET status = ?2, provider = ?3, transaction_id = ?4, refund_fee = ?5, paid_at = ?6, "
       "updated_at = ?7 WHERE out_trade_no = ?1"},
      {&orders.insert_refund_,
       "INSERT INTO pay_refunds (provider, out_refund_no, out_trade_no, refund_fee, created_at) "
       "VALUES (?1, ?2, ?3, ?4, ?5)"},
  };
  for (const auto& [statement, text] : statements) {
    auto prepared = connection.prepare(text);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return orders;
}

Result<PayOrders::Decision> PayOrders::decide(const Effect& effect, UtcTime now) {
  Decision decision;
  if (const auto* payment = std::get_if<PaymentEffect>(&effect)) {
    auto order = read(payment->out_trade_no);
    if (!order) return std::unexpected(order.error());
    decision.order = std::move(*order);
    decision.result = apply_payment(decision.order, *payment, now);
  } else if (const auto* refund = std::get_if<RefundEffect>(&effect)) {
    auto order = read(refund->out_trade_no);
    if (!order) return std::unexpected(order.error());
    const auto counted = counted_for(*refund);
    if (!counted) return std::unexpected(counted.error());
    const std::int64_t refunded_before = *order ? (*order)->refund_fee : 0;
    decision.order = std::move(*order);
    decision.result = apply_refund(decision.order, *refund, *counted, now);
    if (decision.order) decision.refunded = decision.order->refund_fee - refunded_before;
  }
  return decision;
}

Result<void> PayOrders::write(const Decision& decision, const Effect& effect, UtcTime now) {
  const PayOrder& order = *decision.order;
  const std::string paid_at = order.paid_at ? to_store_text(*order.paid_at) : std::string();
  const std::string updated_at = to_store_text(order.updated_at);
  write_order_.bind(1, std::string_view(order.out_trade_no));
  write_order_.bind(2, std::int64_t{order.status});
  write_order_.bind(3, std::string_view(order.provider));
  write_order_.bind(4, std::string_view(order.transaction_id));
  write_order_.bind(5, order.refund_fee);
  write_order_.bind_or_null(6, paid_at);
  write_order_.bind(7, std::string_view(updated_at));
  if (const int code = write_order_.run(); code != SQLITE_DONE) {
    return std::unexpected(connection_->error(code, "change an order"));
  }
  if (const auto* refund = std::get_if<RefundEffect>(&effect)) {
    const std::string created_at = to_store_text(now);
    insert_refund_.bind(1, std::string_view(refund->provider));
    insert_refund_.bind(2, std::string_view(refund->out_refund_no));
    insert_refund_.bind(3, std::string_view(refund->out_trade_no));
    insert_refund_.bind(4, decision.refunded);
    insert_refund_.bind(5, std::string_view(created_at));
    if (const int code = insert_refund_.run(); code != SQLITE_DONE) {
      return std::unexpected(connection_->error(code, "count a refund"));
    }
  }
  return {};
}

Result<std::optional<PayOrder>> PayOrders::read(std::string_view out_trade_no) {
  read_order_.bind(1, out_trade_no);
  const ResetGuard guard(read_order_);
  const int code = read_order_.step();
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) return std::unexpected(connection_->error(code, "read an order"));
  return read_order(StatementRow(read_order_));
}

Result<std::optional<std::string>> PayOrders::counted_for(const RefundEffect& refund) {
  read_refund_.bind(1, std::string_view(refund.provider));
  read_refund_.bind(2, std::string_view(refund.out_refund_no));
  const ResetGuard guard(read_refund_);
  const int code = read_refund_.step();
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) return std::unexpected(connection_->error(code, "look for a refund"));
  return std::string(read_refund_.bytes(0));
}

}  // namespace yizhan::store::sqlite

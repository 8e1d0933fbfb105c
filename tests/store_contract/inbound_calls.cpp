#include "inbound_calls.h"

#include <stdexcept>

namespace yizhan::store::contract {

ReceiveCall callback(const Node& node, std::string key, std::string body) {
  ReceiveCall call;
  call.callback.source = "shop";
  call.callback.event_type = "order.paid";
  call.callback.idempotency_key = std::move(key);
  call.callback.received_at = node.now;
  call.callback.peer = "203.0.113.7";
  call.callback.target = "/in/shop?account=1";
  call.callback.headers = "Content-Type: application/json\n";
  call.callback.body_size = static_cast<std::int64_t>(body.size());
  call.callback.body = std::move(body);
  call.callback.duration = Microseconds{321};
  call.keys = {{"delivery_id", call.callback.idempotency_key}};
  return call;
}

ReceiveCall payment(Node& node, std::string key, std::string order, std::string transaction, std::int64_t fee) {
  ReceiveCall call = callback(node, std::move(key));
  call.callback.source = "wxpay";
  call.keys = {{"out_trade_no", order}, {"transaction_id", transaction}};
  call.effect = PaymentEffect{.out_trade_no = std::move(order),
                              .transaction_id = std::move(transaction),
                              .provider = "wxpay",
                              .merchant = "1900000109",
                              .total_fee = fee,
                              .currency = "CNY",
                              .paid_at = node.now};
  call.effect_events.push_back(node.event());
  return call;
}

ReceiveCall refund(Node& node, std::string key, std::string order, std::string number, std::int64_t fee) {
  ReceiveCall call = callback(node, std::move(key));
  call.callback.source = "wxpay";
  call.keys = {{"out_trade_no", order}, {"refund_no", number}};
  call.effect = RefundEffect{.out_trade_no = std::move(order),
                             .out_refund_no = std::move(number),
                             .provider = "wxpay",
                             .merchant = "1900000109",
                             .refund_fee = fee};
  call.effect_events.push_back(node.event());
  return call;
}

Result<Received> try_receive(Node& node, ReceiveCall call) {
  WriteBatch batch;
  batch.now = node.now;
  batch.receives.push_back(std::move(call));
  auto reply = node.store().write(batch);
  if (!reply) return std::unexpected(reply.error());
  return std::move(reply->receives.at(0));
}

Received receive(Node& node, ReceiveCall call) {
  return value_of(try_receive(node, std::move(call)));
}

std::vector<Result<Received>> receive_together(Node& node, std::vector<ReceiveCall> calls) {
  WriteBatch batch;
  batch.now = node.now;
  batch.receives = std::move(calls);
  return node.write(batch).receives;
}

CallbackView callback_view(Node& node, std::int64_t id) {
  auto found = value_of(node.store().find_callback(id, true));
  if (!found) throw std::runtime_error("no callback " + std::to_string(id));
  return *std::move(found);
}

std::vector<CallbackView> list(Node& node, const CallbackSelection& selection) {
  return value_of(node.store().list_callbacks(selection, {})).rows;
}

std::vector<std::int64_t> ids_of(const std::vector<CallbackView>& views) {
  std::vector<std::int64_t> ids;
  for (const CallbackView& view : views) ids.push_back(view.id);
  return ids;
}

void create_order(Node& node, std::string number, std::string merchant) {
  PayOrder made;
  made.out_trade_no = std::move(number);
  made.total_fee = 100;
  made.merchant = std::move(merchant);
  made.created_at = node.now;
  value_of(node.store().create_pay_order(made));
}

PayOrder order(Node& node, std::string_view number) {
  auto found = value_of(node.store().find_pay_order(number));
  if (!found) throw std::runtime_error("no order " + std::string(number));
  return *std::move(found);
}

}  // namespace yizhan::store::contract

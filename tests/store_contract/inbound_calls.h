// Callbacks for the tests of the contract, and what is done with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract_test.h"

namespace yizhan::store::contract {

/// A callback of source `shop` under this key, with neither effect nor events.
ReceiveCall callback(const Node& node, std::string key, std::string body = R"({"n":1})");
/// A notice that an order was paid, with one event for when it is applied.
ReceiveCall payment(Node& node, std::string key, std::string order, std::string transaction, std::int64_t fee);
/// A notice that an order was refunded, likewise.
ReceiveCall refund(Node& node, std::string key, std::string order, std::string number, std::int64_t fee);

Result<Received> try_receive(Node& node, ReceiveCall call);
Received receive(Node& node, ReceiveCall call);
/// All in one batch.
std::vector<Result<Received>> receive_together(Node& node, std::vector<ReceiveCall> calls);

CallbackView callback_view(Node& node, std::int64_t id);
std::vector<CallbackView> list(Node& node, const CallbackSelection& selection = {});
std::vector<std::int64_t> ids_of(const std::vector<CallbackView>& views);

/// An unpaid order of 100 fen.
void create_order(Node& node, std::string number, std::string merchant = "");
PayOrder order(Node& node, std::string_view number);

}  // namespace yizhan::store::contract

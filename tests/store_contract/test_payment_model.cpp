// Any sequence of notices, repeated, wrong, in any order and in batches of any size, leaves the orders as a simple
// model says: every payment and every refund has its effect once, and its event exists if and only if it was applied.
#include <gtest/gtest.h>

// After gtest.h, which it needs and does not include.
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "inbound_calls.h"

namespace yizhan::store::contract {
namespace {

struct ModelOrder {
  int status = 0;
  std::string transaction;
  std::int64_t refunded = 0;
};

/// What the orders should be: written from the contract, without a look at how the store does it.
class OrderModel {
 public:
  std::map<std::string, ModelOrder> orders;
  std::map<std::string, std::string> accepted;  ///< by idempotency key: the event of its effect, or nothing
  std::set<std::string> events;                 ///< of effects
  std::map<std::string, std::string> refunds;   ///< by number: the order

  EffectResult expect(const ReceiveCall& call) {
    const auto* payment = std::get_if<PaymentEffect>(&call.effect);
    const auto* refund = std::get_if<RefundEffect>(&call.effect);
    const EffectResult effect = payment != nullptr ? pay(*payment) : give_back(*refund);
    if (effect == EffectResult::kApplied) events.insert(call.effect_events.at(0).event.id);
    if (!is_unfit(effect) || !call.reject_unfit) accepted[call.callback.idempotency_key] = "";
    return effect;
  }

 private:
  EffectResult pay(const PaymentEffect& payment) {
    const auto found = orders.find(payment.out_trade_no);
    if (found == orders.end()) return EffectResult::kOrderUnknown;
    ModelOrder& order = found->second;
    if (order.status > 0 && order.transaction == payment.transaction_id) return EffectResult::kAlready;
    if (order.status != 0) return EffectResult::kOrderConflicts;
    if (payment.total_fee != 100) return EffectResult::kAmountDiffers;
    order = {.status = 1, .transaction = payment.transaction_id, .refunded = 0};
    return EffectResult::kApplied;
  }

  EffectResult give_back(const RefundEffect& refund) {
    const auto found = orders.find(refund.out_trade_no);
    if (found == orders.end()) return EffectResult::kOrderUnknown;
    ModelOrder& order = found->second;
    if (const auto counted = refunds.find(refund.out_refund_no); counted != refunds.end()) {
      return counted->second == refund.out_trade_no ? EffectResult::kAlready : EffectResult::kOrderConflicts;
    }
    if (order.status < 1) return EffectResult::kOrderConflicts;
    if (order.refunded + refund.refund_fee > 100) return EffectResult::kAmountDiffers;
    refunds[refund.out_refund_no] = refund.out_trade_no;
    order.refunded += refund.refund_fee;
    order.status = order.refunded == 100 ? 3 : 2;
    return EffectResult::kApplied;
  }
};

/// Turns numbers that RapidCheck makes, and shrinks, into notices.
class Notices {
 public:
  Notices(Node& node, std::vector<unsigned> numbers) : node_(node), numbers_(std::move(numbers)) {
    node_.sql(
        "DELETE FROM inbound_callbacks; DELETE FROM pay_orders; DELETE FROM pay_refunds; "
        "DELETE FROM cs_platform_event_outbox");
  }

  void run() {
    while (at_ < numbers_.size()) {
      switch (pick(8)) {
        case 0:
          create();
          break;
        case 1:
          close();
          break;
        default:
          send(1 + pick(4));
      }
    }
    compare();
  }

 private:
  unsigned pick(unsigned most) { return at_ < numbers_.size() ? numbers_[at_++] % most : 0; }
  std::string some(const char* what, unsigned most) { return what + std::to_string(pick(most)); }

  void create() {
    const std::string number = some("order-", 3);
    create_order(node_, number);
    model_.orders.try_emplace(number);
  }

  void close() {
    const std::string number = some("order-", 3);
    value_of(node_.store().close_pay_order(number, node_.now));
    const auto order = model_.orders.find(number);
    if (order != model_.orders.end() && order->second.status == 0) order->second.status = -1;
  }

  ReceiveCall some_notice() {
    ReceiveCall call;
    if (pick(3) != 0) {
      const std::string number = some("order-", 4);
      call = payment(node_, some("notice-", 12), number, number + some("-t", 2), pick(5) == 0 ? 99 : 100);
    } else {
      call = refund(node_, some("refund-notice-", 12), some("order-", 3), some("refund-", 6), 1 + pick(70));
    }
    call.reject_unfit = pick(3) != 0;
    return call;
  }

  void send(unsigned count) {
    std::vector<ReceiveCall> calls;
    for (unsigned i = 0; i < count; ++i) calls.push_back(some_notice());
    const auto answers = receive_together(node_, calls);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      RC_ASSERT(code_of(answers[i]) == "ok");
      const Received& received = *answers[i];
      if (model_.accepted.contains(calls[i].callback.idempotency_key)) {
        RC_ASSERT(received.verdict == Verdict::kDuplicate);
        ++duplicates_;
        continue;
      }
      const EffectResult effect = model_.expect(calls[i]);
      RC_ASSERT(received.effect == effect);
      const bool rejected = is_unfit(effect) && calls[i].reject_unfit;
      RC_ASSERT(received.verdict == (rejected ? Verdict::kRejected : Verdict::kAccepted));
      RC_ASSERT(received.effect_events.empty() == (effect != EffectResult::kApplied));
    }
  }

  void compare() {
    for (const auto& [number, expected] : model_.orders) {
      const PayOrder stored = order(node_, number);
      RC_ASSERT(stored.status == expected.status);
      RC_ASSERT(stored.transaction_id == expected.transaction);
      RC_ASSERT(stored.refund_fee == expected.refunded);
    }
    std::set<std::string> stored;
    for (const auto& row : node_.sql("SELECT id FROM cs_platform_event_outbox").rows) stored.insert(*row.at(0));
    RC_ASSERT(stored == model_.events);
    std::set<std::string> caused;
    std::int64_t counted = 0;
    Page page{.limit = 1000, .after = 0, .oldest_first = false};
    for (const CallbackView& view : value_of(node_.store().list_callbacks({}, page)).rows) {
      caused.insert(view.event_ids.begin(), view.event_ids.end());
      counted += view.duplicate_count;
      RC_ASSERT(view.event_ids.empty() == (view.effect != EffectResult::kApplied));
    }
    RC_ASSERT(caused == model_.events);
    RC_ASSERT(counted == duplicates_);
  }

  Node& node_;
  std::vector<unsigned> numbers_;
  std::size_t at_ = 0;
  OrderModel model_;
  std::int64_t duplicates_ = 0;
};

class AnyNotices : public Contract {};

TEST_P(AnyNotices, HaveTheirEffectOnceAndTheirEventWithIt) {
  EXPECT_TRUE(rc::check("store and model agree", [&] {
    const auto numbers =
        *rc::gen::resize(300, rc::gen::container<std::vector<unsigned>>(rc::gen::arbitrary<unsigned>()));
    Notices(node_, numbers).run();
  }));
}

YIZHAN_ON_EVERY_ENGINE(AnyNotices);

}  // namespace
}  // namespace yizhan::store::contract

// Orders, and what notices of payments and refunds make of them: each once, with its event or not at all.
#include "inbound_calls.h"

namespace yizhan::store::contract {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class Payments : public Contract {
 protected:
  Received pay(std::string key, std::string number, std::string transaction, std::int64_t fee = 100) {
    return receive(node_, payment(node_, std::move(key), std::move(number), std::move(transaction), fee));
  }
  Received give_back(std::string key, std::string number, std::string refund_number, std::int64_t fee) {
    return receive(node_, refund(node_, std::move(key), std::move(number), std::move(refund_number), fee));
  }
  std::int64_t events() { return node_.ledger().accepted; }
};

// ---- orders
// ----------------------------------------------------------------------------------------------------------

TEST_P(Payments, AnOrderIsStoredOnce) {
  PayOrder wanted;
  wanted.out_trade_no = "o1";
  wanted.total_fee = 4200;
  wanted.currency = "USD";
  wanted.merchant = "m1";
  wanted.description = "驿站";
  wanted.user_id = "u1";
  wanted.created_at = node_.now;
  const CreatedOrder created = value_of(node_.store().create_pay_order(wanted));
  EXPECT_FALSE(created.existed);
  EXPECT_EQ(created.order.status, 0);
  EXPECT_EQ(created.order.total_fee, 4200);
  EXPECT_EQ(created.order.currency, "USD");
  EXPECT_EQ(created.order.merchant, "m1");
  EXPECT_EQ(created.order.description, "驿站");
  EXPECT_EQ(created.order.user_id, "u1");
  EXPECT_EQ(created.order.created_at, node_.now);
  EXPECT_EQ(created.order.updated_at, node_.now);
  EXPECT_EQ(created.order.paid_at, std::nullopt);
  node_.now += Seconds{5};
  wanted.created_at = node_.now;
  const CreatedOrder again = value_of(node_.store().create_pay_order(wanted));
  EXPECT_TRUE(again.existed);
  EXPECT_EQ(again.order.created_at, node_.now - Seconds{5});
  for (const auto& change : std::vector<std::function<void(PayOrder&)>>{
           [](PayOrder& order) { order.total_fee = 1; }, [](PayOrder& order) { order.currency = "CNY"; },
           [](PayOrder& order) { order.merchant = "m2"; }, [](PayOrder& order) { order.description = ""; },
           [](PayOrder& order) { order.user_id = ""; }}) {
    PayOrder other = wanted;
    change(other);
    EXPECT_EQ(code_of(node_.store().create_pay_order(other)), "order_conflict");
  }
  EXPECT_EQ(value_of(node_.store().find_pay_order("o2")), std::nullopt);
}

TEST_P(Payments, AnOrderThatIsPaidIsTheSameOrderStill) {
  create_order(node_, "o1");
  pay("n1", "o1", "t1");
  PayOrder wanted;
  wanted.out_trade_no = "o1";
  wanted.total_fee = 100;
  wanted.created_at = node_.now;
  const CreatedOrder again = value_of(node_.store().create_pay_order(wanted));
  EXPECT_TRUE(again.existed);
  EXPECT_EQ(again.order.status, 1);
}

TEST_P(Payments, RefusesAnImpossibleOrder) {
  PayOrder wanted;
  wanted.created_at = node_.now;
  EXPECT_EQ(code_of(node_.store().create_pay_order(wanted)), "value_refused");
  wanted.out_trade_no = std::string(65, 'o');
  EXPECT_EQ(code_of(node_.store().create_pay_order(wanted)), "value_refused");
  wanted.out_trade_no = "o1";
  wanted.total_fee = -1;
  EXPECT_EQ(code_of(node_.store().create_pay_order(wanted)), "value_refused");
  EXPECT_THROW(node_.sql("INSERT INTO pay_orders (out_trade_no, total_fee, status) VALUES ('o1', 1, 4)"),
               std::runtime_error);
  EXPECT_THROW(node_.sql("INSERT INTO pay_orders (out_trade_no, total_fee, refund_fee) VALUES ('o1', 1, 2)"),
               std::runtime_error);
}

TEST_P(Payments, AnOrderMadeBySqlHasDefaultsForTheRest) {
  node_.sql("INSERT INTO pay_orders (out_trade_no, total_fee) VALUES ('o1', 100)");
  const PayOrder made = order(node_, "o1");
  EXPECT_EQ(made.status, 0);
  EXPECT_EQ(made.currency, "CNY");
  EXPECT_EQ(made.merchant, "");
  EXPECT_EQ(made.refund_fee, 0);
  EXPECT_LT(utc_now() - made.created_at, Seconds{60});
  EXPECT_EQ(made.created_at, made.updated_at);
  EXPECT_EQ(pay("n1", "o1", "t1").effect, EffectResult::kApplied);
  EXPECT_EQ(node_.sql("SELECT status FROM pay_orders WHERE out_trade_no = 'o1'").rows[0][0], "1");
}

TEST_P(Payments, OnlyAnUnpaidOrderIsClosed) {
  create_order(node_, "o1");
  create_order(node_, "o2");
  pay("n1", "o2", "t2");
  node_.now += Seconds{9};
  const auto closed = value_of(node_.store().close_pay_order("o1", node_.now));
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->status, -1);
  EXPECT_EQ(closed->updated_at, node_.now);
  EXPECT_EQ(value_of(node_.store().close_pay_order("o1", node_.now))->status, -1);
  EXPECT_EQ(value_of(node_.store().close_pay_order("o2", node_.now))->status, 1);
  EXPECT_EQ(value_of(node_.store().close_pay_order("o3", node_.now)), std::nullopt);
  EXPECT_EQ(pay("n2", "o1", "t1").effect, EffectResult::kOrderConflicts);
}

// ---- payments
// --------------------------------------------------------------------------------------------------------

TEST_P(Payments, APaymentIsAppliedOnceWithItsEvent) {
  create_order(node_, "o1", "1900000109");
  ReceiveCall notice = payment(node_, "n1", "o1", "t1", 100);
  notice.events.push_back(node_.event());
  const Received applied = receive(node_, notice);
  EXPECT_EQ(applied.verdict, Verdict::kAccepted);
  EXPECT_EQ(applied.effect, EffectResult::kApplied);
  EXPECT_EQ(applied.reason, "");
  ASSERT_THAT(applied.effect_events, SizeIs(1));
  ASSERT_THAT(applied.events, SizeIs(1));
  EXPECT_THAT(callback_view(node_, applied.callback_id).event_ids,
              testing::ElementsAre(notice.effect_events[0].event.id, notice.events[0].event.id));
  EXPECT_EQ(callback_view(node_, applied.callback_id).effect, EffectResult::kApplied);
  const PayOrder paid = order(node_, "o1");
  EXPECT_EQ(paid.status, 1);
  EXPECT_EQ(paid.transaction_id, "t1");
  EXPECT_EQ(paid.provider, "wxpay");
  EXPECT_EQ(paid.paid_at, node_.now);
  EXPECT_EQ(paid.updated_at, node_.now);
  EXPECT_EQ(events(), 2);

  EXPECT_EQ(pay("n1", "o1", "t1").verdict, Verdict::kDuplicate);
  EXPECT_EQ(events(), 2);
}

TEST_P(Payments, AnotherNoticeOfTheSamePaymentIsAcceptedWithoutASecondEffect) {
  create_order(node_, "o1");
  pay("n1", "o1", "t1");
  ReceiveCall second = payment(node_, "n2", "o1", "t1", 100);
  second.events.push_back(node_.event());
  const Received already = receive(node_, second);
  EXPECT_EQ(already.verdict, Verdict::kAccepted);
  EXPECT_EQ(already.effect, EffectResult::kAlready);
  EXPECT_THAT(already.effect_events, IsEmpty());
  EXPECT_THAT(already.events, SizeIs(1)) << "what is passed on is passed on whatever the effect";
  EXPECT_EQ(events(), 2);
}

TEST_P(Payments, WithinOneBatchTheSameHolds) {
  create_order(node_, "o1");
  create_order(node_, "o2");
  const auto answers =
      receive_together(node_, {payment(node_, "n1", "o1", "t1", 99), payment(node_, "n2", "o1", "t1", 100),
                               payment(node_, "n3", "o1", "t1", 100), payment(node_, "n4", "o1", "t9", 100),
                               payment(node_, "n2", "o1", "t1", 100), payment(node_, "n5", "o2", "t2", 100),
                               refund(node_, "r1", "o2", "no1", 40), refund(node_, "r2", "o2", "no1", 40),
                               refund(node_, "r3", "o2", "no2", 60), refund(node_, "r4", "o2", "no3", 1)});
  std::vector<EffectResult> effects;
  for (const auto& answer : answers) effects.push_back(answer->effect);
  using enum EffectResult;
  EXPECT_THAT(effects, testing::ElementsAre(kAmountDiffers, kApplied, kAlready, kOrderConflicts, kNone, kApplied,
                                            kApplied, kAlready, kApplied, kAmountDiffers));
  EXPECT_EQ(answers[4]->verdict, Verdict::kDuplicate);
  EXPECT_EQ(order(node_, "o1").status, 1);
  EXPECT_EQ(order(node_, "o2").status, 3);
  EXPECT_EQ(order(node_, "o2").refund_fee, 100);
  EXPECT_EQ(events(), 4);
}

TEST_P(Payments, WhatDoesNotFitIsRejectedAndItsKeyStaysFree) {
  create_order(node_, "o1", "1900000109");
  create_order(node_, "closed");
  value_of(node_.store().close_pay_order("closed", node_.now));
  create_order(node_, "paid");
  pay("n0", "paid", "t0");
  const std::int64_t before = events();
  const auto refused = [&](std::string number, auto change) {
    ReceiveCall notice = payment(node_, "n1", std::move(number), "t1", 100);
    change(std::get<PaymentEffect>(notice.effect));
    notice.events.push_back(node_.event());
    const Received received = receive(node_, notice);
    EXPECT_EQ(received.verdict, Verdict::kRejected);
    EXPECT_EQ(received.reason, to_string(received.effect));
    EXPECT_THAT(received.events, IsEmpty());
    const CallbackView view = callback_view(node_, received.callback_id);
    EXPECT_EQ(view.answer_status, 400);
    EXPECT_EQ(view.effect, received.effect);
    EXPECT_EQ(view.callback.reason, to_string(received.effect));
    return received.effect;
  };
  using enum EffectResult;
  EXPECT_EQ(refused("unknown", [](PaymentEffect&) {}), kOrderUnknown);
  EXPECT_EQ(refused("o1", [](PaymentEffect& effect) { effect.total_fee = 99; }), kAmountDiffers);
  EXPECT_EQ(refused("o1", [](PaymentEffect& effect) { effect.total_fee = 101; }), kAmountDiffers);
  EXPECT_EQ(refused("o1", [](PaymentEffect& effect) { effect.currency = "USD"; }), kAmountDiffers);
  EXPECT_EQ(refused("o1", [](PaymentEffect& effect) { effect.merchant = "other"; }), kMerchantDiffers);
  EXPECT_EQ(refused("o1", [](PaymentEffect& effect) { effect.merchant = ""; }), kMerchantDiffers);
  EXPECT_EQ(refused("closed", [](PaymentEffect&) {}), kOrderConflicts);
  EXPECT_EQ(refused("paid", [](PaymentEffect&) {}), kOrderConflicts);
  EXPECT_EQ(events(), before);
  EXPECT_EQ(order(node_, "o1").status, 0);
  EXPECT_EQ(pay("n1", "o1", "t1").effect, kApplied) << "sent again when all is well";
}

TEST_P(Payments, WhereThePolicySaysSoItIsAcceptedAndNotSentAgain) {
  ReceiveCall notice = payment(node_, "n1", "unknown", "t1", 100);
  notice.reject_unfit = false;
  notice.events.push_back(node_.event());
  const Received received = receive(node_, notice);
  EXPECT_EQ(received.verdict, Verdict::kAccepted);
  EXPECT_EQ(received.effect, EffectResult::kOrderUnknown);
  EXPECT_EQ(received.reason, "order_unknown");
  EXPECT_THAT(received.effect_events, IsEmpty());
  EXPECT_THAT(received.events, SizeIs(1));
  EXPECT_EQ(callback_view(node_, received.callback_id).answer_status, 200);
  EXPECT_EQ(receive(node_, notice).verdict, Verdict::kDuplicate);
  EXPECT_THAT(list(node_, {.reason = "order_unknown"}), SizeIs(1));
}

// ---- refunds
// ---------------------------------------------------------------------------------------------------------

TEST_P(Payments, RefundsAddUpUntilAllIsRefunded) {
  create_order(node_, "o1");
  pay("n1", "o1", "t1");
  node_.now += Seconds{1};
  EXPECT_EQ(give_back("r1", "o1", "no1", 30).effect, EffectResult::kApplied);
  EXPECT_EQ(order(node_, "o1").status, 2);
  EXPECT_EQ(order(node_, "o1").refund_fee, 30);
  EXPECT_EQ(order(node_, "o1").updated_at, node_.now);
  EXPECT_EQ(order(node_, "o1").paid_at, node_.now - Seconds{1});
  EXPECT_EQ(give_back("r1again", "o1", "no1", 30).effect, EffectResult::kAlready);
  EXPECT_EQ(order(node_, "o1").refund_fee, 30);
  EXPECT_EQ(give_back("r2", "o1", "no2", 71).effect, EffectResult::kAmountDiffers);
  EXPECT_EQ(give_back("r3", "o1", "no3", 70).effect, EffectResult::kApplied);
  EXPECT_EQ(order(node_, "o1").status, 3);
  EXPECT_EQ(give_back("r4", "o1", "no4", 1).effect, EffectResult::kAmountDiffers);
  EXPECT_EQ(pay("n2", "o1", "t1").effect, EffectResult::kAlready) << "a late notice of the payment";
  EXPECT_EQ(order(node_, "o1").status, 3);
  EXPECT_EQ(events(), 3);
}

TEST_P(Payments, ARefundThatTellsTheTotalCountsWhatItAdds) {
  create_order(node_, "o1");
  pay("n1", "o1", "t1");
  give_back("r1", "o1", "no1", 30);
  ReceiveCall total = refund(node_, "r2", "o1", "no2", 70);
  std::get<RefundEffect>(total.effect).is_total = true;
  EXPECT_EQ(receive(node_, total).effect, EffectResult::kApplied);
  EXPECT_EQ(order(node_, "o1").refund_fee, 70);
  EXPECT_EQ(order(node_, "o1").status, 2);
  EXPECT_EQ(node_.sql("SELECT refund_fee FROM pay_refunds WHERE out_refund_no = 'no2'").rows[0][0], "40");
}

TEST_P(Payments, ARefundThatDoesNotFitIsRejected) {
  create_order(node_, "o1", "1900000109");
  EXPECT_EQ(give_back("r1", "o1", "no1", 10).effect, EffectResult::kOrderConflicts) << "it is not paid";
  EXPECT_EQ(give_back("r1", "unknown", "no1", 10).effect, EffectResult::kOrderUnknown);
  pay("n1", "o1", "t1");
  create_order(node_, "o2");
  pay("n2", "o2", "t2");
  EXPECT_EQ(give_back("r1", "o1", "no1", 0).effect, EffectResult::kAmountDiffers);
  EXPECT_EQ(give_back("r1", "o1", "no1", -5).effect, EffectResult::kAmountDiffers);
  ReceiveCall other = refund(node_, "r1", "o1", "no1", 10);
  std::get<RefundEffect>(other.effect).merchant = "other";
  EXPECT_EQ(receive(node_, other).effect, EffectResult::kMerchantDiffers);
  std::get<RefundEffect>(other.effect).merchant = "";
  std::get<RefundEffect>(other.effect).provider = "alipay";
  EXPECT_EQ(receive(node_, other).effect, EffectResult::kOrderConflicts) << "paid through somebody else";
  std::get<RefundEffect>(other.effect).provider = "wxpay";
  EXPECT_EQ(receive(node_, other).effect, EffectResult::kApplied);
  EXPECT_EQ(give_back("r2", "o2", "no1", 10).effect, EffectResult::kOrderConflicts) << "counted for another order";
}

YIZHAN_ON_EVERY_ENGINE(Payments);

}  // namespace
}  // namespace yizhan::store::contract

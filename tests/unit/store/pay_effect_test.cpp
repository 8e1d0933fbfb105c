// Refunds whose notices tell what all refunds of the order come to. Orders and notices of all other kinds are in the
// stores' contract tests.
#include "store/pay_effect.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace yizhan::store {
namespace {

std::optional<PayOrder> paid_order() {
  PayOrder order;
  order.out_trade_no = "o1";
  order.status = 1;
  order.total_fee = 100;
  return order;
}

EffectResult give_back(std::optional<PayOrder>& order, std::int64_t fee, bool is_total,
                       std::optional<std::string_view> counted_for = std::nullopt) {
  RefundEffect refund;
  refund.out_trade_no = "o1";
  refund.out_refund_no = "r";
  refund.refund_fee = fee;
  refund.is_total = is_total;
  return apply_refund(order, refund, counted_for, UtcTime{});
}

TEST(PayEffect, ATotalOfRefundsIsTheOrdersRefundFromNowOn) {
  auto order = paid_order();
  EXPECT_EQ(give_back(order, 30, true), EffectResult::kApplied);
  EXPECT_EQ(order->refund_fee, 30);
  EXPECT_EQ(order->status, 2);
  EXPECT_EQ(give_back(order, 100, true), EffectResult::kApplied);
  EXPECT_EQ(order->refund_fee, 100);
  EXPECT_EQ(order->status, 3);
}

TEST(PayEffect, ATotalThatComesLateChangesNothing) {
  auto order = paid_order();
  EXPECT_EQ(give_back(order, 50, true), EffectResult::kApplied);
  EXPECT_EQ(give_back(order, 30, true), EffectResult::kAlready);
  EXPECT_EQ(give_back(order, 50, true), EffectResult::kAlready);
  EXPECT_EQ(order->refund_fee, 50);
  EXPECT_EQ(order->status, 2);
}

TEST(PayEffect, ATotalHasToFitTheOrder) {
  auto order = paid_order();
  EXPECT_EQ(give_back(order, 101, true), EffectResult::kAmountDiffers);
  EXPECT_EQ(give_back(order, 0, true), EffectResult::kAmountDiffers);
  EXPECT_EQ(give_back(order, 30, true, "o1"), EffectResult::kAlready) << "that refund is counted";
  EXPECT_EQ(give_back(order, 30, true, "o2"), EffectResult::kOrderConflicts);
  EXPECT_EQ(order->refund_fee, 0);
  EXPECT_EQ(order->status, 1);
}

TEST(PayEffect, SingleRefundsAddUp) {
  auto order = paid_order();
  EXPECT_EQ(give_back(order, 30, false), EffectResult::kApplied);
  EXPECT_EQ(give_back(order, 30, false), EffectResult::kApplied);
  EXPECT_EQ(order->refund_fee, 60);
  EXPECT_EQ(give_back(order, 41, false), EffectResult::kAmountDiffers);
  EXPECT_EQ(give_back(order, std::numeric_limits<std::int64_t>::max(), false), EffectResult::kAmountDiffers);
  EXPECT_EQ(order->refund_fee, 60);
}

}  // namespace
}  // namespace yizhan::store

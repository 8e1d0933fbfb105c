#include "store/pay_effect.h"

namespace yizhan::store {
namespace {

constexpr int kUnpaid = 0;
constexpr int kPaid = 1;
constexpr int kRefundedInPart = 2;
constexpr int kRefunded = 3;

/// An order that names no merchant, or a notice that does not say whom it is for, leaves nothing to compare.
bool differ(std::string_view of_order, std::string_view of_notice) {
  return !of_order.empty() && !of_notice.empty() && of_order != of_notice;
}

}  // namespace

EffectResult apply_payment(std::optional<PayOrder>& order, const PaymentEffect& payment, UtcTime now) {
  if (!order) return EffectResult::kOrderUnknown;
  if (order->status != kUnpaid) {
    const bool same = order->status >= kPaid && order->transaction_id == payment.transaction_id &&
                      !differ(order->provider, payment.provider);
    return same ? EffectResult::kAlready : EffectResult::kOrderConflicts;
  }
  // Unlike a refund, money that came in always says to whom: where the order names somebody, it has to be him.
  if (!order->merchant.empty() && order->merchant != payment.merchant) return EffectResult::kMerchantDiffers;
  if (order->total_fee != payment.total_fee || order->currency != payment.currency) return EffectResult::kAmountDiffers;
  order->status = kPaid;
  order->provider = payment.provider;
  order->transaction_id = payment.transaction_id;
  order->paid_at = payment.paid_at;
  order->updated_at = now;
  return EffectResult::kApplied;
}

EffectResult apply_refund(std::optional<PayOrder>& order, const RefundEffect& refund,
                          std::optional<std::string_view> counted_for, UtcTime now) {
  if (!order) return EffectResult::kOrderUnknown;
  if (counted_for) {
    return *counted_for == refund.out_trade_no ? EffectResult::kAlready : EffectResult::kOrderConflicts;
  }
  if (order->status < kPaid || differ(order->provider, refund.provider)) return EffectResult::kOrderConflicts;
  if (differ(order->merchant, refund.merchant)) return EffectResult::kMerchantDiffers;
  if (refund.refund_fee <= 0) return EffectResult::kAmountDiffers;
  const std::int64_t added = refund.is_total ? refund.refund_fee - order->refund_fee : refund.refund_fee;
  // A total that is no more than what is known came late.
  if (added <= 0) return EffectResult::kAlready;
  if (added > order->total_fee - order->refund_fee) return EffectResult::kAmountDiffers;
  order->refund_fee += added;
  order->status = order->refund_fee == order->total_fee ? kRefunded : kRefundedInPart;
  order->updated_at = now;
  return EffectResult::kApplied;
}

}  // namespace yizhan::store

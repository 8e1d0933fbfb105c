// What a payment or refund causes: one event in one form, whichever provider told of it.
//
//   payment.succeeded
//     {"out_trade_no":"T1","transaction_id":"4200…","provider":"wxpay","merchant":"10000100","total_fee":100,
//      "currency":"CNY","paid_at":"2014-10-30T05:35:25.000000Z","notice":{…}}
//   payment.refunded
//     {"out_trade_no":"T1","out_refund_no":"R1","transaction_id":"4200…","refund_no":"5030…","provider":"wxpay",
//      "merchant":"10000100","refund_fee":40,"refund_fee_is_total":false,"currency":"CNY",
//      "refunded_at":"2014-10-30T05:35:25.000000Z","notice":{…}}
//
// Amounts are in the currency's smallest unit. What the provider did not tell is an empty string, times are null then.
// `refund_fee_is_total`: the amount is that of all refunds of the order so far, this one included. `notice` is the
// provider's own notice as clear JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "receive/source.h"
#include "store/inbound.h"

namespace yizhan::receive {

/// Says of a refund what its effect does not need.
struct RefundDetails {
  std::string transaction_id{};  ///< the provider's number of the payment
  std::string refund_no{};       ///< the provider's number of the refund
  std::string currency = "CNY";
  std::optional<UtcTime> refunded_at{};
};

/// Puts effect, event and clear JSON into a notice, together: none goes without the others.
/// `clear_body`: JSON.
void set_payment(Notice& notice, store::PaymentEffect payment, std::string clear_body);
void set_refund(Notice& notice, store::RefundEffect refund, const RefundDetails& details, std::string clear_body);

}  // namespace yizhan::receive

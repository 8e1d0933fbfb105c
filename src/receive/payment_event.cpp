#include "receive/payment_event.h"

#include <utility>

#include "base/json_writer.h"

namespace yizhan::receive {
void set_payment(Notice& notice, store::PaymentEffect payment, std::string clear_body) {
  notice.caused = CausedEvent{.event_type = "payment.succeeded",
                              .payload = JsonWriter()
                                             .begin_object()
                                             .text("out_trade_no", payment.out_trade_no)
                                             .text("transaction_id", payment.transaction_id)
                                             .text("provider", payment.provider)
                                             .text("merchant", payment.merchant)
                                             .number("total_fee", payment.total_fee)
                                             .text("currency", payment.currency)
                                             .time_or_null("paid_at", payment.paid_at)
                                             .raw("notice", clear_body)
                                             .end_object()
                                             .take()};
  notice.effect = std::move(payment);
  notice.clear_body = std::move(clear_body);
}

void set_refund(Notice& notice, store::RefundEffect refund, const RefundDetails& details, std::string clear_body) {
  notice.caused = CausedEvent{.event_type = "payment.refunded",
                              .payload = JsonWriter()
                                             .begin_object()
                                             .text("out_trade_no", refund.out_trade_no)
                                             .text("out_refund_no", refund.out_refund_no)
                                             .text("transaction_id", details.transaction_id)
                                             .text("refund_no", details.refund_no)
                                             .text("provider", refund.provider)
                                             .text("merchant", refund.merchant)
                                             .number("refund_fee", refund.refund_fee)
                                             .boolean("refund_fee_is_total", refund.is_total)
                                             .text("currency", details.currency)
                                             .time_or_null("refunded_at", details.refunded_at)
                                             .raw("notice", clear_body)
                                             .end_object()
                                             .take()};
  notice.effect = std::move(refund);
  notice.clear_body = std::move(clear_body);
}

}  // namespace yizhan::receive

#include "receive/payment_event.h"

#include <fmt/format.h>

#include <initializer_list>
#include <utility>

#include "base/json_text.h"

namespace yizhan::receive {
namespace {

/// Writes an object whose last member is the notice.
class Payload {
 public:
  Payload& text(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(out_, value);
    return *this;
  }
  Payload& raw(std::string_view name, std::string_view json) {
    begin(name);
    out_ += json;
    return *this;
  }
  Payload& amount(std::string_view name, std::int64_t value) { return raw(name, fmt::to_string(value)); }
  Payload& time(std::string_view name, std::optional<UtcTime> value) {
    return value ? text(name, to_rfc3339(*value)) : raw(name, "null");
  }
  std::string end() { return std::move(out_ += '}'); }

 private:
  void begin(std::string_view name) {
    out_ += out_.empty() ? '{' : ',';
    append_json_string(out_, name);
    out_ += ':';
  }

  std::string out_;
};

}  // namespace

void set_payment(Notice& notice, store::PaymentEffect payment, std::string clear_body) {
  notice.caused = CausedEvent{.event_type = "payment.succeeded",
                              .payload = Payload()
                                             .text("out_trade_no", payment.out_trade_no)
                                             .text("transaction_id", payment.transaction_id)
                                             .text("provider", payment.provider)
                                             .text("merchant", payment.merchant)
                                             .amount("total_fee", payment.total_fee)
                                             .text("currency", payment.currency)
                                             .time("paid_at", payment.paid_at)
                                             .raw("notice", clear_body)
                                             .end()};
  notice.effect = std::move(payment);
  notice.clear_body = std::move(clear_body);
}

void set_refund(Notice& notice, store::RefundEffect refund, const RefundDetails& details, std::string clear_body) {
  notice.caused = CausedEvent{.event_type = "payment.refunded",
                              .payload = Payload()
                                             .text("out_trade_no", refund.out_trade_no)
                                             .text("out_refund_no", refund.out_refund_no)
                                             .text("transaction_id", details.transaction_id)
                                             .text("refund_no", details.refund_no)
                                             .text("provider", refund.provider)
                                             .text("merchant", refund.merchant)
                                             .amount("refund_fee", refund.refund_fee)
                                             .raw("refund_fee_is_total", refund.is_total ? "true" : "false")
                                             .text("currency", details.currency)
                                             .time("refunded_at", details.refunded_at)
                                             .raw("notice", clear_body)
                                             .end()};
  notice.effect = std::move(refund);
  notice.clear_body = std::move(clear_body);
}

}  // namespace yizhan::receive

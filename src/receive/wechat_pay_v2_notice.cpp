#include <utility>

#include "receive/callback_keys.h"
#include "receive/notice_json.h"
#include "receive/payment_event.h"
#include "receive/wechat_pay_notice.h"
#include "receive/xml_fields.h"

namespace yizhan::receive {
namespace {

/// A partner's notice names the merchant that was paid beside the partner's own number.
std::string paid_merchant(const Fields& fields) {
  const std::string_view sub_merchant = fields["sub_mch_id"];
  return std::string(sub_merchant.empty() ? fields["mch_id"] : sub_merchant);
}

Result<Notice> read_payment(const Fields& fields) {
  FieldReader read(fields);
  Notice notice;
  notice.result_code = read.identifier("result_code");
  const bool success = notice.result_code == "SUCCESS";
  notice.event_type = success ? "TRANSACTION.SUCCESS" : "TRANSACTION.FAIL";
  const std::string out_trade_no = read.identifier("out_trade_no");
  // A payment that failed may not have got a number.
  const std::string transaction_id =
      success ? read.identifier("transaction_id") : read.optional_identifier("transaction_id");
  std::string clear_body = fields_as_json(fields, {"sign", "sign_type"});
  if (success) {
    std::string currency = read.optional_identifier("fee_type");
    store::PaymentEffect payment{.out_trade_no = out_trade_no,
                                 .transaction_id = transaction_id,
                                 .provider = std::string(kWechatPayProvider),
                                 .merchant = paid_merchant(fields),
                                 .total_fee = read.fen("total_fee"),
                                 .currency = currency.empty() ? "CNY" : std::move(currency),
                                 .paid_at = read.compact_time("time_end")};
    if (!read.failed()) set_payment(notice, std::move(payment), std::move(clear_body));
  } else {
    notice.clear_body = std::move(clear_body);
  }
  if (read.failed()) return read.error();
  notice.idempotency_key =
      idempotency_key({"payment", transaction_id.empty() ? out_trade_no : transaction_id, notice.result_code});
  add_key(notice, "transaction_id", transaction_id);
  add_key(notice, "out_trade_no", out_trade_no);
  return notice;
}

std::string refund_event_type(std::string_view status) {
  if (status == "SUCCESS") return "REFUND.SUCCESS";
  return status == "REFUNDCLOSE" ? "REFUND.CLOSED" : "REFUND.ABNORMAL";
}

/// `outer`: what stands around the encrypted part and is not signed; the inner fields win.
Fields joined(const Fields& inner, const Fields& outer) {
  Fields all = inner;
  for (const ReceivedField& field : outer) {
    if (field.name != "req_info") static_cast<void>(all.add(field.name, field.value));
  }
  return all;
}

Result<Notice> read_refund(const Fields& inner, const Fields& outer) {
  FieldReader read(inner);
  Notice notice;
  notice.result_code = read.identifier("refund_status");
  notice.event_type = refund_event_type(notice.result_code);
  const std::string refund_id = read.identifier("refund_id");
  store::RefundEffect refund{.out_trade_no = read.identifier("out_trade_no"),
                             .out_refund_no = read.identifier("out_refund_no"),
                             .provider = std::string(kWechatPayProvider),
                             .merchant = paid_merchant(outer)};
  const std::string transaction_id = read.identifier("transaction_id");
  add_key(notice, "transaction_id", transaction_id);
  add_key(notice, "out_trade_no", refund.out_trade_no);
  add_key(notice, "refund_no", refund.out_refund_no);
  add_key(notice, "refund_no", refund_id);
  std::string clear_body = fields_as_json(joined(inner, outer), {});
  if (notice.result_code == "SUCCESS") {
    refund.refund_fee = read.fen("refund_fee");
    RefundDetails details{.transaction_id = transaction_id, .refund_no = refund_id};
    if (read.has("success_time")) details.refunded_at = read.time("success_time");
    if (!read.failed()) set_refund(notice, std::move(refund), details, std::move(clear_body));
  } else {
    notice.clear_body = std::move(clear_body);
  }
  if (read.failed()) return read.error();
  notice.idempotency_key = idempotency_key({"refund", refund_id, notice.result_code});
  return notice;
}

}  // namespace

Result<Notice> read_wechat_pay_v2(const verify::WechatPayV2& keys, const WechatPayMerchant& merchant,
                                  const Request& request) {
  const auto fields = read_xml_fields(request.http.body);
  if (!fields) return std::unexpected(fields.error());
  // A refund's notice has no signature: who encrypted it had the key.
  const bool is_refund = fields->contains("req_info") && !fields->contains("sign");
  if (!is_refund) {
    if (auto good = keys.verify(*fields); !good) return std::unexpected(std::move(good.error()));
  }
  if (auto good = merchant.check((*fields)["mch_id"], (*fields)["appid"]); !good) {
    return std::unexpected(std::move(good.error()));
  }
  if (!is_refund) return read_payment(*fields);
  const auto clear = keys.decrypt_refund((*fields)["req_info"]);
  if (!clear) return std::unexpected(clear.error());
  const auto inner = read_xml_fields(*clear, "root");
  if (!inner) return std::unexpected(inner.error());
  return read_refund(*inner, *fields);
}

}  // namespace yizhan::receive

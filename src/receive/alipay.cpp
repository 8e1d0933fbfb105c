#include "receive/alipay.h"

#include <algorithm>
#include <utility>

#include "http/form.h"
#include "receive/answers.h"
#include "receive/callback_keys.h"
#include "receive/charset.h"
#include "receive/field_reader.h"
#include "receive/notice_json.h"
#include "receive/payment_event.h"
#include "receive/source_path.h"
#include "verify/alipay.h"

namespace yizhan::receive {
namespace {

constexpr std::string_view kProvider = "alipay";

bool is_paid(std::string_view trade_status) {
  return trade_status == "TRADE_SUCCESS" || trade_status == "TRADE_FINISHED";
}

class Alipay final : public Source {
 public:
  Alipay(std::string path, std::vector<std::string> app_ids, std::string seller_id,
         std::shared_ptr<const verify::FieldsVerifier> verifier)
      : path_(std::move(path)),
        app_ids_(std::move(app_ids)),
        seller_id_(std::move(seller_id)),
        verifier_(std::move(verifier)) {}

  Result<std::variant<Notice, Reply>> read(const Request& request) const override {
    if (auto reply = answer_probe(request)) return *std::move(reply);
    const auto fields = http::decode_form(request.http.body);
    if (!fields) return std::unexpected(fields.error());
    if (auto good = verifier_->verify(*fields); !good) return std::unexpected(std::move(good.error()));
    if (auto good = check_merchant(*fields); !good) return std::unexpected(std::move(good.error()));
    // Signed in the charset that it names, handed on in ours.
    return read_notice(as_utf8(*fields, (*fields)["charset"]), request.now);
  }

  Reply answer(const Outcome& outcome) const override { return success_or_fail(outcome); }
  std::vector<std::string> paths() const override { return {path_}; }

 private:
  Result<void> check_merchant(const Fields& fields) const {
    if (std::ranges::find(app_ids_, fields["app_id"]) == app_ids_.end()) {
      return fail("merchant_differs", "The notice is for another application than this account's.");
    }
    const std::string_view seller = fields["seller_id"];
    if (!seller_id_.empty() && !seller.empty() && seller != seller_id_) {
      return fail("merchant_differs", "The notice is for another seller than this account's.");
    }
    return {};
  }

  Result<std::variant<Notice, Reply>> read_notice(const Fields& fields, UtcTime now) const {
    FieldReader read(fields);
    Notice notice;
    notice.result_code = read.identifier("trade_status");
    const std::string trade_no = read.identifier("trade_no");
    const std::string out_trade_no = read.identifier("out_trade_no");
    const std::string notify_id = read.optional_identifier("notify_id");
    const std::string refund_no = read.optional_identifier("out_biz_no");
    add_key(notice, "transaction_id", trade_no);
    add_key(notice, "out_trade_no", out_trade_no);
    add_key(notice, "refund_no", refund_no);
    add_key(notice, "notify_id", notify_id);

    std::string clear_body = fields_as_json(fields, {"sign", "sign_type"});
    const bool is_refund = read.has("refund_fee") && read.yuan("refund_fee") > 0;
    notice.event_type = is_refund ? "REFUND" : notice.result_code;
    if (is_refund) {
      store::RefundEffect refund{.out_trade_no = out_trade_no,
                                 // Where the refund was asked for without a number of its own it goes by the order's.
                                 .out_refund_no = refund_no.empty() ? out_trade_no : refund_no,
                                 .provider = std::string(kProvider),
                                 .merchant = std::string(fields["app_id"]),
                                 .refund_fee = read.yuan("refund_fee"),
                                 .is_total = true};
      RefundDetails details{.transaction_id = trade_no};
      if (read.has("gmt_refund")) details.refunded_at = read.time("gmt_refund");
      if (!read.failed()) set_refund(notice, std::move(refund), details, std::move(clear_body));
    } else if (is_paid(notice.result_code)) {
      store::PaymentEffect payment{.out_trade_no = out_trade_no,
                                   .transaction_id = trade_no,
                                   .provider = std::string(kProvider),
                                   .merchant = std::string(fields["app_id"]),
                                   .total_fee = read.yuan("total_amount"),
                                   .paid_at = read.has("gmt_payment") ? read.time("gmt_payment") : now};
      if (!read.failed()) set_payment(notice, std::move(payment), std::move(clear_body));
    } else {
      notice.clear_body = std::move(clear_body);
    }
    if (read.failed()) return read.error();
    notice.idempotency_key = notify_id.empty()
                                 ? idempotency_key({trade_no, notice.event_type, refund_no, fields["refund_fee"]})
                                 : idempotency_key({notify_id});
    return notice;
  }

  const std::string path_;
  const std::vector<std::string> app_ids_;
  const std::string seller_id_;
  const std::shared_ptr<const verify::FieldsVerifier> verifier_;
};

}  // namespace

Result<std::shared_ptr<const Source>> make_alipay_source(const AlipayOptions& options) {
  auto path = source_path("/notify/alipay/{account}", options.account);
  if (!path) return std::unexpected(std::move(path.error()));
  // An empty one would let notices through that name none.
  if (options.app_ids.empty() || std::ranges::find(options.app_ids, "") != options.app_ids.end()) {
    return fail("source_options_invalid", "Alipay needs the application's number, app_id.");
  }
  auto verifier = verify::make_alipay_verifier(options.public_keys);
  if (!verifier) return std::unexpected(std::move(verifier.error()));
  return std::make_shared<Alipay>(*std::move(path), options.app_ids, options.seller_id, *std::move(verifier));
}

}  // namespace yizhan::receive

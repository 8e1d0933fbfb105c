#include "receive/easypay.h"

#include <utility>

#include "http/form.h"
#include "receive/answers.h"
#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/notice_json.h"
#include "receive/payment_event.h"
#include "receive/source_path.h"
#include "verify/easypay.h"

namespace yizhan::receive {
namespace {

class Easypay final : public Source {
 public:
  Easypay(std::string path, std::string pid, std::shared_ptr<const verify::FieldsVerifier> verifier)
      : path_(std::move(path)), pid_(std::move(pid)), verifier_(std::move(verifier)) {}

  Result<std::variant<Notice, Reply>> read(const Request& request) const override {
    if (request.http.query.empty()) {
      if (auto reply = answer_probe(request)) return *std::move(reply);
    }
    const std::string_view body = request.http.body;
    const auto fields = http::decode_form(body.empty() ? request.http.query : body);
    if (!fields) return std::unexpected(fields.error());
    if (auto good = verifier_->verify(*fields); !good) return std::unexpected(std::move(good.error()));
    if (!pid_.empty() && (*fields)["pid"] != pid_) {
      return fail("merchant_differs", "The notice is for another merchant than this account's.");
    }
    return read_notice(*fields, request.now);
  }

  Reply answer(const Outcome& outcome) const override { return success_or_fail(outcome); }
  std::vector<std::string> paths() const override { return {path_}; }

 private:
  Result<std::variant<Notice, Reply>> read_notice(const Fields& fields, UtcTime now) const {
    FieldReader read(fields);
    Notice notice;
    notice.event_type = notice.result_code = read.identifier("trade_status");
    const std::string trade_no = read.identifier("trade_no");
    const std::string out_trade_no = read.identifier("out_trade_no");
    std::string clear_body = fields_as_json(fields, {"sign", "sign_type"});
    if (notice.result_code == "TRADE_SUCCESS") {
      store::PaymentEffect payment{.out_trade_no = out_trade_no,
                                   .transaction_id = trade_no,
                                   .provider = "easypay",
                                   .merchant = read.identifier("pid"),
                                   .total_fee = read.yuan("money"),
                                   .paid_at = now};
      if (!read.failed()) set_payment(notice, std::move(payment), std::move(clear_body));
    } else {
      notice.clear_body = std::move(clear_body);
    }
    if (read.failed()) return read.error();
    notice.idempotency_key = idempotency_key({trade_no, notice.result_code});
    add_key(notice, "transaction_id", trade_no);
    add_key(notice, "out_trade_no", out_trade_no);
    return notice;
  }

  const std::string path_;
  const std::string pid_;
  const std::shared_ptr<const verify::FieldsVerifier> verifier_;
};

}  // namespace

Result<std::shared_ptr<const Source>> make_easypay_source(const EasypayOptions& options) {
  auto path = source_path("/notify/easypay/{account}", options.account);
  if (!path) return std::unexpected(std::move(path.error()));
  auto verifier = verify::make_easypay_verifier(options.keys);
  if (!verifier) return std::unexpected(std::move(verifier.error()));
  return std::make_shared<Easypay>(*std::move(path), options.pid, *std::move(verifier));
}

}  // namespace yizhan::receive

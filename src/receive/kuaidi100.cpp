#include "receive/kuaidi100.h"

#include <fmt/format.h>

#include <utility>

#include "http/form.h"
#include "receive/answers.h"
#include "receive/callback_keys.h"
#include "receive/express_state.h"
#include "receive/field_reader.h"
#include "receive/source_path.h"
#include "verify/kuaidi100.h"

namespace yizhan::receive {
namespace {

class Kuaidi100 final : public Source {
 public:
  Kuaidi100(std::string path, std::shared_ptr<const verify::FieldsVerifier> verifier)
      : path_(std::move(path)), verifier_(std::move(verifier)) {}

  Result<std::variant<Notice, Reply>> read(const Request& request) const override {
    if (auto reply = answer_probe(request)) return *std::move(reply);
    const auto fields = http::decode_form(request.http.body);
    if (!fields) return std::unexpected(fields.error());
    Notice notice;
    if (verifier_ == nullptr) {
      notice.reason = "signature_not_checked";
    } else if (auto good = verifier_->verify(*fields); !good) {
      return std::unexpected(std::move(good.error()));
    }
    FieldReader form(*fields);
    std::string param = form.text("param");
    if (form.failed()) return form.error();
    if (auto good = read_param(param, notice); !good) return std::unexpected(std::move(good.error()));
    notice.idempotency_key = digest_key(param);
    notice.clear_body = std::move(param);
    return notice;
  }

  Reply answer(const Outcome& outcome) const override {
    if (is_success(outcome)) {
      return {.content_type = kJsonType, .body = R"({"result":true,"returnCode":"200","message":"成功"})"};
    }
    return {.status = outcome.kind == Outcome::Kind::kUnavailable ? 503 : 200,
            .content_type = kJsonType,
            .body = fmt::format(R"({{"result":false,"returnCode":"500","message":"{}"}})", reason_code(outcome))};
  }

  std::vector<std::string> paths() const override { return {path_}; }

 private:
  static Result<void> read_param(std::string_view param, Notice& notice) {
    const auto document = json::read_document(param);
    if (!document) return std::unexpected(document.error());
    FieldReader read(*document);
    const bool aborted = read.identifier("status") == "abort";
    notice.event_type = aborted ? "express.abort" : "express.status";
    // What was given up need not have got as far as a waybill.
    const std::string tracking_no =
        aborted ? read.optional_identifier("lastResult.nu") : read.identifier("lastResult.nu");
    notice.result_code = kuaidi100_express_state(read.optional_identifier("lastResult.state"));
    if (read.failed()) return read.error();
    add_key(notice, "tracking_no", tracking_no);
    return {};
  }

  const std::string path_;
  const std::shared_ptr<const verify::FieldsVerifier> verifier_;
};

}  // namespace

Result<std::shared_ptr<const Source>> make_kuaidi100_source(const Kuaidi100Options& options) {
  auto path = source_path(kGenericPath, options.name);
  if (!path) return std::unexpected(std::move(path.error()));
  std::shared_ptr<const verify::FieldsVerifier> verifier;
  if (!options.salts.empty()) {
    auto made = verify::make_kuaidi100_verifier(options.salts);
    if (!made) return std::unexpected(std::move(made.error()));
    verifier = std::move(*made);
  }
  return std::make_shared<Kuaidi100>(*std::move(path), std::move(verifier));
}

}  // namespace yizhan::receive

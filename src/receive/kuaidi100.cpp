#include "receive/kuaidi100.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "http/form.h"
#include "receive/answers.h"
#include "receive/callback_keys.h"
#include "receive/express_state.h"
#include "receive/express_steps.h"
#include "receive/field_reader.h"
#include "receive/json_field.h"
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
    ParcelReport report{.tracking_no = tracking_no,
                        .carrier_code = read.optional_identifier("lastResult.com"),
                        .status_code = notice.result_code,
                        .lines = {}};
    if (read.failed()) return read.error();
    add_key(notice, "tracking_no", tracking_no);
    return aborted ? Result<void>() : read_lines(*document, std::move(report), notice);
  }

  static Result<void> read_lines(const json::Value& document, ParcelReport report, Notice& notice) {
    if (auto good = check_tracking_no(report.tracking_no); !good) return good;
    const auto data = find_field({"lastResult", "data"}, document.text);
    if (!data || data->kind != json::Kind::kArray) return {};  // nothing is known of the parcel yet
    json::ArrayReader lines(data->text, data->offset);
    std::optional<Error> unreadable;
    for (;;) {
      const auto line = lines.next();
      if (!line) return std::unexpected(line.error());
      if (!*line) break;
      FieldReader read(**line);
      store::ExpressStep step;
      step.received_code = read.optional_identifier(read.has("statusCode") ? "statusCode" : "status");
      step.status_code = kuaidi100_express_state(step.received_code);
      step.event_time = read.time(read.has("ftime") ? "ftime" : "time");
      step.event_text = read.optional_text("context");
      step.location = read.optional_text(read.has("location") ? "location" : "areaName");
      if (read.failed()) {
        unreadable = read.error().error();
      } else {
        report.lines.push_back(std::move(step));
      }
    }
    if (report.lines.empty()) return unreadable ? Result<void>(std::unexpected(*unreadable)) : Result<void>();
    store::ExpressEffect effect;
    const bool all = add_steps(effect, std::move(report));
    if (notice.reason.empty() && unreadable) notice.reason = kStepUnreadable;
    if (notice.reason.empty() && !all) notice.reason = kStepsCut;
    notice.effect = std::move(effect);
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

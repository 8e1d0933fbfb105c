#include "receive/express.h"

#include <fmt/format.h>

#include <initializer_list>
#include <utility>

#include "base/json_writer.h"
#include "receive/answers.h"
#include "receive/callback_keys.h"
#include "receive/express_state.h"
#include "receive/express_steps.h"
#include "receive/field_reader.h"
#include "receive/verify_request.h"
#include "verify/presets.h"

namespace yizhan::receive {
namespace {

constexpr std::string_view kPath = "/webhook/express/status";
constexpr std::string_view kTrackingKey = "tracking_no";

/// The first of the names that the callback has; the first of all, where it has none.
std::string_view name_used(FieldReader& read, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (read.has(name)) return name;
  }
  return *names.begin();
}

/// Whose codes they are shows in what the waybill's number is called.
std::string canonical_state(std::string_view tracking_name, std::string_view code) {
  if (tracking_name == "nu") return kuaidi100_express_state(code);
  if (tracking_name == "logistic_code") return kdniao_express_state(code, {});
  return canonical_express_state(code);
}

class Express final : public Source {
 public:
  Express(std::shared_ptr<const verify::Verifier> verifier, bool reject_invalid_signature)
      : verifier_(std::move(verifier)), reject_invalid_signature_(reject_invalid_signature) {}

  Result<std::variant<Notice, Reply>> read(const Request& request) const override {
    if (auto reply = answer_probe(request)) return *std::move(reply);
    Notice notice;
    if (verifier_ == nullptr) {
      notice.reason = "signature_not_checked";
    } else if (auto good = verify_request(*verifier_, request); !good) {
      if (reject_invalid_signature_) return std::unexpected(std::move(good.error()));
      notice.reason = "signature_invalid_let_through";
    }
    auto status = read_express_status(request.http.body);
    if (!status) return std::unexpected(status.error());
    notice.event_type = "express.status";
    notice.result_code = status->status_code;
    notice.idempotency_key =
        status->event_id.empty()
            ? idempotency_key({status->tracking_no, status->received_code, to_rfc3339(status->event_time)})
            : idempotency_key({status->event_id});
    add_key(notice, kTrackingKey, status->tracking_no);
    notice.effect = store::ExpressEffect{{*std::move(status)}};
    return notice;
  }

  Reply answer(const Outcome& outcome) const override {
    Reply reply{.status = status_of(outcome), .content_type = kJsonType};
    if (reason_code(outcome) == store::to_string(store::EffectResult::kWaybillUnknown)) {
      reply.status = 404;
      reply.body = R"({"ok":false,"message":"waybill not found"})";
      return reply;
    }
    if (!is_success(outcome)) {
      reply.body =
          JsonWriter().begin_object().boolean("ok", false).text("message", reason_message(outcome)).end_object().take();
      return reply;
    }
    JsonWriter body;
    body.begin_object().boolean("ok", true);
    body.number("id", outcome.received == nullptr ? 0 : outcome.received->callback_id);
    body.boolean("duplicate", outcome.kind == Outcome::Kind::kDuplicate);
    if (outcome.notice != nullptr && !outcome.notice->keys.empty()) {
      body.text("tracking_no", outcome.notice->keys.front().value).text("status_code", outcome.notice->result_code);
    }
    reply.body = body.end_object().take();
    return reply;
  }

  std::vector<std::string> paths() const override { return {std::string(kPath)}; }

 private:
  const std::shared_ptr<const verify::Verifier> verifier_;
  const bool reject_invalid_signature_;
};

}  // namespace

Result<store::ExpressStep> read_express_status(std::string_view body) {
  const auto document = json::read_document(body);
  if (!document) return std::unexpected(document.error());
  FieldReader read(*document);
  store::ExpressStep status;
  const std::string_view tracking_name = name_used(read, {kTrackingKey, "waybill_no", "nu", "logistic_code"});
  status.tracking_no = read.identifier(tracking_name);
  status.received_code = read.identifier(name_used(read, {"status_code", "status", "state"}));
  status.status_code = canonical_state(tracking_name, status.received_code);
  status.event_time = read.time(name_used(read, {"event_time", "time", "ftime"}));
  status.event_text = read.optional_text(name_used(read, {"event_text", "context", "desc"}));
  status.carrier_code = read.optional_identifier("carrier_code");
  status.location = read.optional_text("location");
  status.event_id = read.optional_identifier("event_id");
  if (read.failed()) return read.error();
  if (auto good = check_tracking_no(status.tracking_no); !good) return std::unexpected(std::move(good.error()));
  return fit_step(std::move(status));
}

Result<std::shared_ptr<const Source>> make_express_source(const ExpressOptions& options) {
  std::shared_ptr<const verify::Verifier> verifier;
  if (!options.secrets.empty()) {
    auto made = verify::make_verifier(verify::express_status_signing(options.secrets));
    if (!made) return std::unexpected(std::move(made.error()));
    verifier = std::move(*made);
  }
  return std::make_shared<Express>(std::move(verifier), options.reject_invalid_signature);
}

}  // namespace yizhan::receive

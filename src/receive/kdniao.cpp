#include "receive/kdniao.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/json_writer.h"
#include "http/form.h"
#include "receive/answers.h"
#include "receive/beijing_time.h"
#include "receive/callback_keys.h"
#include "receive/express_state.h"
#include "receive/express_steps.h"
#include "receive/field_reader.h"
#include "receive/json_field.h"
#include "receive/source_path.h"
#include "verify/kdniao.h"

namespace yizhan::receive {
namespace {

constexpr std::size_t kMostKeys = 100;  // waybills of one push that can be searched for
constexpr std::string_view kBusinessKey = "business_id";
constexpr std::string_view kStatus = "express.status";

std::string_view event_type_of(std::string_view request_type) {
  if (request_type == "101" || request_type == "102") return kStatus;
  return request_type == "107" ? "express.payment" : "express.other";
}

class Kdniao final : public Source {
 public:
  Kdniao(std::string path, std::string business_id, std::shared_ptr<const verify::FieldsVerifier> verifier)
      : path_(std::move(path)), business_id_(std::move(business_id)), verifier_(std::move(verifier)) {}

  Result<std::variant<Notice, Reply>> read(const Request& request) const override {
    if (auto reply = answer_probe(request)) return *std::move(reply);
    const auto fields = http::decode_form(request.http.body);
    if (!fields) return std::unexpected(fields.error());
    if (auto good = verifier_->verify(*fields); !good) return std::unexpected(std::move(good.error()));
    FieldReader form(*fields);
    std::string data = form.text("RequestData");
    Notice notice;
    notice.event_type = event_type_of(form.identifier("RequestType"));
    if (form.failed()) return form.error();
    if (auto good = read_data(data, notice); !good) return std::unexpected(std::move(good.error()));
    notice.idempotency_key = digest_key(data);
    notice.clear_body = std::move(data);
    return notice;
  }

  Reply answer(const Outcome& outcome) const override {
    const bool success = is_success(outcome);
    return {.status = outcome.kind == Outcome::Kind::kUnavailable ? 503 : 200,
            .content_type = kJsonType,
            .body = JsonWriter()
                        .begin_object()
                        .text("EBusinessID", business_id_of(outcome.notice))
                        .text("UpdateTime", to_beijing_text(outcome.now))
                        .boolean("Success", success)
                        .text("Reason", success ? std::string_view{} : reason_code(outcome))
                        .end_object()
                        .take()};
  }

  std::vector<std::string> paths() const override { return {path_}; }

 private:
  Result<void> read_data(std::string_view data, Notice& notice) const {
    const auto document = json::read_document(data);
    if (!document) return std::unexpected(document.error());
    FieldReader read(*document);
    const std::string business_id = read.identifier("EBusinessID");
    if (read.failed()) return read.error();
    if (!business_id_.empty() && business_id != business_id_) {
      return fail("merchant_differs", "The push is for another EBusinessID than this source's.");
    }
    const auto waybills = find_field({"Data"}, document->text);
    if (!waybills || waybills->kind != json::Kind::kArray) {
      return fail("field_missing", "The field Data is missing, or is no array.");
    }
    json::ArrayReader elements(waybills->text, waybills->offset);
    store::ExpressEffect effect;
    std::optional<Error> unreadable;
    bool all = true;
    for (bool first = true;; first = false) {
      const auto waybill = elements.next();
      if (!waybill) return std::unexpected(waybill.error());
      if (!*waybill) break;
      FieldReader each(**waybill);
      ParcelReport report{
          .tracking_no = each.identifier("LogisticCode"),
          .carrier_code = each.optional_identifier("ShipperCode"),
          .status_code = kdniao_express_state(each.optional_identifier("State"), each.optional_identifier("StateEx")),
          .lines = {}};
      if (each.failed()) return each.error();
      if (auto good = check_tracking_no(report.tracking_no); !good) return good;
      if (first) notice.result_code = report.status_code;
      if (notice.keys.size() < kMostKeys) add_key(notice, "tracking_no", report.tracking_no);
      if (auto good = read_traces(**waybill, report, unreadable); !good) return good;
      all = add_steps(effect, std::move(report)) && all;
    }
    add_key(notice, kBusinessKey, business_id);
    if (notice.event_type != kStatus) return {};
    if (effect.steps.empty()) return unreadable ? Result<void>(std::unexpected(*unreadable)) : Result<void>();
    if (unreadable) {
      notice.reason = kStepUnreadable;
    } else if (!all) {
      notice.reason = kStepsCut;
    }
    notice.effect = std::move(effect);
    return {};
  }

  /// Into the report's lines, newest first; `unreadable`: why the last one of those could not be read that cannot.
  static Result<void> read_traces(const json::Value& waybill, ParcelReport& report, std::optional<Error>& unreadable) {
    const auto traces = find_field({"Traces"}, waybill.text);
    if (!traces || traces->kind != json::Kind::kArray) return {};
    json::ArrayReader elements(traces->text, traces->offset);
    for (;;) {
      const auto trace = elements.next();
      if (!trace) return std::unexpected(trace.error());
      if (!*trace) break;
      FieldReader each(**trace);
      store::ExpressStep step;
      step.received_code = each.optional_identifier("Action");
      step.status_code = kdniao_express_state({}, step.received_code);
      step.event_time = each.time("AcceptTime");
      step.event_text = each.optional_text("AcceptStation");
      step.location = each.optional_text("Location");
      if (each.failed()) {
        unreadable = each.error().error();
      } else {
        report.lines.push_back(std::move(step));
      }
    }
    std::ranges::reverse(report.lines);  // they come oldest first
    return {};
  }

  std::string_view business_id_of(const Notice* notice) const {
    if (!business_id_.empty() || notice == nullptr) return business_id_;
    const auto key = std::ranges::find(notice->keys, kBusinessKey, &store::CallbackKey::name);
    return key == notice->keys.end() ? std::string_view{} : std::string_view(key->value);
  }

  const std::string path_;
  const std::string business_id_;
  const std::shared_ptr<const verify::FieldsVerifier> verifier_;
};

}  // namespace

Result<std::shared_ptr<const Source>> make_kdniao_source(const KdniaoOptions& options) {
  auto path = source_path(kGenericPath, options.name);
  if (!path) return std::unexpected(std::move(path.error()));
  auto verifier = verify::make_kdniao_verifier(options.api_keys);
  if (!verifier) return std::unexpected(std::move(verifier.error()));
  return std::make_shared<Kdniao>(*std::move(path), options.business_id, *std::move(verifier));
}

}  // namespace yizhan::receive

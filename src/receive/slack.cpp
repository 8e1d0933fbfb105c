#include "receive/slack.h"

#include "base/json_writer.h"
#include "http/form.h"
#include "receive/answers.h"
#include "receive/callback_keys.h"
#include "receive/field_reader.h"
#include "receive/notice_json.h"
#include "receive/signed_source.h"
#include "verify/presets.h"

namespace yizhan::receive {
namespace {

constexpr Milliseconds kSlackWaits{2500};  // Slack gives up after 3 s

class Slack final : public SignedSource {
 public:
  using SignedSource::SignedSource;

  Reply answer(const Outcome& outcome) const override {
    if (is_success(outcome)) return {};
    Reply reply = json_answer(outcome);
    if (outcome.kind == Outcome::Kind::kRejected) reply.extra_header_lines = "X-Slack-No-Retry: 1\r\n";
    return reply;
  }

  Milliseconds answer_within() const override { return kSlackWaits; }

 private:
  using Read = Result<std::variant<Notice, Reply>>;

  Read read_verified(const Request& request) const override {
    const std::string_view body = request.http.body;
    return body.starts_with('{') ? read_event(body) : read_form(body);
  }

  static Read read_event(std::string_view body) {
    const auto document = json::read_document(body);
    if (!document) return std::unexpected(document.error());
    FieldReader read(*document);
    const std::string type = read.identifier("type");
    if (type == "url_verification") {
      const std::string challenge = read.text("challenge");
      if (read.failed()) return read.error();
      return Reply{.content_type = kJsonType,
                   .body = JsonWriter().begin_object().text("challenge", challenge).end_object().take()};
    }
    Notice notice;
    // Notices that are no event of a workspace (app_rate_limited) have neither of the two.
    const std::string event_id = read.optional_identifier("event_id");
    const std::string event_type = read.optional_identifier("event.type");
    if (read.failed()) return read.error();
    notice.event_type = event_type.empty() ? type : event_type;
    notice.idempotency_key = event_id.empty() ? digest_key(body) : idempotency_key({event_id});
    add_key(notice, "delivery_id", event_id);
    return notice;
  }

  static Read read_form(std::string_view body) {
    const auto fields = http::decode_form(body);
    if (!fields) return std::unexpected(fields.error());
    FieldReader read(*fields);
    Notice notice;
    notice.idempotency_key = digest_key(body);
    if (read.has("command")) {
      notice.event_type = "slash_command";
      notice.clear_body = fields_as_json(*fields, {});
      return notice;
    }
    std::string payload = read.text("payload");
    if (read.failed()) return read.error();
    const auto document = json::read_document(payload);
    if (!document) return std::unexpected(document.error());
    FieldReader inner(*document);
    notice.event_type = inner.identifier("type");
    if (inner.failed()) return inner.error();
    notice.clear_body = std::move(payload);
    return notice;
  }
};

}  // namespace

Result<std::shared_ptr<const Source>> make_slack_source(const SlackOptions& options) {
  return make_signed_source<Slack>(kGenericPath, options.name,
                                   verify::make_verifier(verify::slack_signing(options.secrets)), options.tolerance);
}

}  // namespace yizhan::receive

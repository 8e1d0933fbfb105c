#include "api/view_json.h"

#include "base/json_scan.h"
#include "base/utf8.h"
#include "verify/base64.h"

namespace yizhan::api {

std::string to_base64(std::string_view bytes) {
  std::string text;
  verify::append_base64(text, {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
  return text;
}

void write_event_members(JsonWriter& writer, const store::EventView& view) {
  const store::Event& event = view.event;
  writer.text("id", event.id).text("platform", event.platform).text("event_type", event.event_type);
  writer.text("status", yizhan::to_string(view.status)).number("attempt_count", view.attempt_count);
  writer.text("callback_target", event.callback_target);
  writer.time_or_null("next_attempt_at", view.next_attempt_at).text_or_null("last_error", view.last_error);
  writer.time("created_at", event.created_at).time("updated_at", view.updated_at);
  writer.text_or_null("idempotency_key", view.idempotency_key).text_or_null("correlation", event.correlation);
  writer.text_or_null("order_key", event.order_key).text_or_null("traceparent", event.traceparent);
  writer.time_or_null("lease_expires_at", view.lease_expires_at);
  if (event.secret != SigningSecret::kCurrent) writer.text("secret", to_string(event.secret));
  if (view.removed_bytes) writer.number("payload_removed_bytes", *view.removed_bytes);
}

void write_payload_members(JsonWriter& writer, std::string_view payload) {
  if (json::read_document(payload)) {
    writer.raw("payload", payload);
  } else {
    writer.text("payload_base64", to_base64(payload));
  }
}

void write_attempt(JsonWriter& writer, const store::AttemptView& attempt) {
  writer.begin_object().text("event_id", attempt.event_id).number("attempt_no", attempt.attempt_no);
  writer.key("response_status");
  attempt.response_status == 0 ? writer.null() : writer.number(attempt.response_status);
  writer.text_or_null("error_class", attempt.error_class).text_or_null("error_message", attempt.error_message);
  writer.number("duration_ms", attempt.duration_ms).time("created_at", attempt.created_at);
  if (is_utf8(attempt.response_body)) {
    writer.text("response_body", attempt.response_body);
  } else {
    writer.text("response_body_base64", to_base64(attempt.response_body));
  }
  writer.end_object();
}

void write_dead_letter(JsonWriter& writer, const store::DeadLetterView& letter) {
  writer.begin_object().text("event_id", letter.event_id).text("platform", letter.platform);
  writer.text("event_type", letter.event_type).text("callback_target", letter.callback_target);
  writer.number("attempt_count", letter.attempt_count).text_or_null("error_class", letter.error_class);
  writer.text("final_error", letter.final_error).time("created_at", letter.created_at).end_object();
}

void write_ledger_members(JsonWriter& writer, const LedgerLine& line) {
  writer.number("accepted", line.accepted).number("pending", line.pending).number("retrying", line.retrying);
  writer.number("delivered", line.delivered).number("dead_letter", line.dead_letter);
  writer.number("discarded", line.discarded).number("mismatch", line.mismatch());
}

void write_ledger_line(JsonWriter& writer, const LedgerLine& line, bool with_platform) {
  writer.begin_object();
  if (with_platform) writer.text("platform", line.platform);
  if (line.minute) writer.time("minute", *line.minute);
  write_ledger_members(writer, line);
  writer.end_object();
}

void write_endpoint(JsonWriter& writer, const EndpointState& endpoint) {
  // As text: 63 bits do not fit into the numbers of JavaScript.
  writer.begin_object().text("key", std::to_string(endpoint.key)).text("platform", endpoint.platform);
  writer.text("url", endpoint.url).text("breaker", yizhan::to_string(endpoint.breaker));
  writer.time_or_null("paused_until", endpoint.paused_until);
  writer.number("in_flight", endpoint.in_flight).number("queued", endpoint.queued);
  writer.number("failures_in_row", endpoint.failures_in_row).text_or_null("last_error", endpoint.last_error);
  writer.boolean("disabled", endpoint.disabled).text_or_null("disabled_reason", endpoint.disabled_reason);
  writer.time_or_null("disabled_at", endpoint.disabled_at).end_object();
}

}  // namespace yizhan::api

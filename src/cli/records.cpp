#include "cli/records.h"

namespace yizhan::cli {

void add_event_members(JsonWriter& writer, const store::EventView& view) {
  writer.text("id", view.event.id)
      .text("platform", view.event.platform)
      .text("event_type", view.event.event_type)
      .text("callback_target", view.event.callback_target)
      .text("status", to_string(view.status))
      .number("attempt_count", view.attempt_count)
      .time_or_null("next_attempt_at", view.next_attempt_at)
      .time_or_null("lease_expires_at", view.lease_expires_at)
      .text_or_null("last_error", view.last_error)
      .text_or_null("idempotency_key", view.idempotency_key)
      .text_or_null("correlation", view.event.correlation)
      .text_or_null("order_key", view.event.order_key)
      .text_or_null("traceparent", view.event.traceparent)
      .time("created_at", view.event.created_at)
      .time("updated_at", view.updated_at);
}

void add_attempt(JsonWriter& writer, const store::AttemptView& attempt) {
  writer.begin_object().text("event_id", attempt.event_id).number("attempt_no", attempt.attempt_no);
  writer.key("response_status");
  if (attempt.response_status > 0) {
    writer.number(attempt.response_status);
  } else {
    writer.null();
  }
  writer.text_or_null("error_class", attempt.error_class)
      .text_or_null("error_message", attempt.error_message)
      .number("duration_ms", attempt.duration_ms);
  add_bytes(writer, "response_body", attempt.response_body);
  writer.time("created_at", attempt.created_at).end_object();
}

void add_dead_letter(JsonWriter& writer, const store::DeadLetterView& dead_letter) {
  writer.begin_object()
      .text("event_id", dead_letter.event_id)
      .text("platform", dead_letter.platform)
      .text("event_type", dead_letter.event_type)
      .text("callback_target", dead_letter.callback_target)
      .number("attempt_count", dead_letter.attempt_count)
      .text_or_null("error_class", dead_letter.error_class)
      .text_or_null("final_error", dead_letter.final_error)
      .time("created_at", dead_letter.created_at)
      .end_object();
}

void add_disabled_endpoint(JsonWriter& writer, const store::DisabledEndpoint& endpoint) {
  writer
      .begin_object()
      // A 63-bit number would lose digits in readers that keep numbers as doubles.
      .text("key", std::to_string(endpoint.endpoint_key))
      .text("platform", endpoint.platform)
      .text("url", endpoint.url)
      .text("reason", endpoint.reason)
      .time("disabled_at", endpoint.disabled_at)
      .end_object();
}

void add_ledger_members(JsonWriter& writer, const LedgerLine& line) {
  writer.number("accepted", line.accepted)
      .number("pending", line.pending)
      .number("retrying", line.retrying)
      .number("delivered", line.delivered)
      .number("dead_letter", line.dead_letter)
      .number("discarded", line.discarded)
      .number("mismatch", line.mismatch());
}

}  // namespace yizhan::cli

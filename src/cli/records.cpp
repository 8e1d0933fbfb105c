#include "cli/records.h"

namespace yizhan::cli {

JsonRecord event_record(const store::EventView& view) {
  JsonRecord record;
  record.text("id", view.event.id)
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
  return record;
}

JsonRecord attempt_record(const store::AttemptView& attempt) {
  JsonRecord record;
  record.text("event_id", attempt.event_id).number("attempt_no", attempt.attempt_no);
  if (attempt.response_status > 0) {
    record.number("response_status", attempt.response_status);
  } else {
    record.raw("response_status", "null");
  }
  record.text_or_null("error_class", attempt.error_class)
      .text_or_null("error_message", attempt.error_message)
      .number("duration_ms", attempt.duration_ms);
  add_bytes(record, "response_body", attempt.response_body);
  record.time("created_at", attempt.created_at);
  return record;
}

JsonRecord dead_letter_record(const store::DeadLetterView& dead_letter) {
  JsonRecord record;
  record.text("event_id", dead_letter.event_id)
      .text("platform", dead_letter.platform)
      .text("event_type", dead_letter.event_type)
      .text("callback_target", dead_letter.callback_target)
      .number("attempt_count", dead_letter.attempt_count)
      .text_or_null("error_class", dead_letter.error_class)
      .text_or_null("final_error", dead_letter.final_error)
      .time("created_at", dead_letter.created_at);
  return record;
}

JsonRecord ledger_record(const LedgerLine& line) {
  JsonRecord record;
  record.text("platform", line.platform);
  if (line.minute) record.time("minute", *line.minute);
  record.number("accepted", line.accepted)
      .number("pending", line.pending)
      .number("retrying", line.retrying)
      .number("delivered", line.delivered)
      .number("dead_letter", line.dead_letter)
      .number("discarded", line.discarded)
      .number("mismatch", line.mismatch());
  return record;
}

}  // namespace yizhan::cli

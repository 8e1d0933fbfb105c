#include "api/callback_json.h"

#include <fmt/format.h>

#include "api/view_json.h"
#include "base/utf8.h"

namespace yizhan::api {

std::optional<store::Verdict> parse_verdict(std::string_view name) {
  for (const store::Verdict verdict : kAllVerdicts) {
    if (store::to_string(verdict) == name) return verdict;
  }
  return std::nullopt;
}

Result<store::CallbackSelection> read_callback_selection(const QueryParameters& parameters) {
  store::CallbackSelection selection;
  selection.source = parameters["source"];
  selection.event_type = parameters["event_type"];
  selection.reason = parameters["reason"];
  selection.key_value = parameters["key"];
  selection.key_name = parameters["key_name"];
  if (const std::string_view name = parameters["verdict"]; !name.empty()) {
    selection.verdict = parse_verdict(name);
    if (!selection.verdict) {
      return fail("parameter_invalid",
                  fmt::format("'verdict' is '{}'; it must be accepted, duplicate or rejected", name));
    }
  }
  if (!selection.key_name.empty() && selection.key_value.empty()) {
    return fail("parameter_invalid", "'key_name' needs 'key': the value to look for");
  }
  const auto from = read_time(parameters, "received_from");
  if (!from) return std::unexpected(from.error());
  const auto until = read_time(parameters, "received_until");
  if (!until) return std::unexpected(until.error());
  selection.received_from = *from;
  selection.received_until = *until;
  return selection;
}

void write_callback_members(JsonWriter& writer, const store::CallbackView& view) {
  const store::InboundCallback& callback = view.callback;
  // As text: 63 bits do not fit into the numbers of JavaScript.
  writer.text("id", std::to_string(view.id)).text("source", callback.source);
  writer.text("verdict", store::to_string(view.verdict)).text_or_null("reason", callback.reason);
  writer.text_or_null("event_type", callback.event_type).text_or_null("idempotency_key", callback.idempotency_key);
  writer.text("effect", store::to_string(view.effect)).number("answer_status", view.answer_status);
  writer.time("received_at", callback.received_at).text("peer", callback.peer).text("target", callback.target);
  writer.number("body_size", callback.body_size).number("duration_us", callback.duration.count());
  if (view.removed_bytes) writer.number("body_removed_bytes", *view.removed_bytes);
  writer.number("duplicate_count", view.duplicate_count);
  writer.text_or_null("first_id", view.first_id ? std::to_string(*view.first_id) : "");
  writer.key("keys").begin_array();
  for (const store::CallbackKey& key : view.keys) {
    writer.begin_object().text("name", key.name).text("value", key.value).end_object();
  }
  writer.end_array().key("event_ids").begin_array();
  for (const std::string& id : view.event_ids) writer.text(id);
  writer.end_array();
}

void write_callback_content(JsonWriter& writer, const store::CallbackView& view) {
  writer.text("headers", view.callback.headers);
  if (is_utf8(view.callback.body)) {
    writer.text("body", view.callback.body);
  } else {
    writer.text("body_base64", to_base64(view.callback.body));
  }
}

}  // namespace yizhan::api

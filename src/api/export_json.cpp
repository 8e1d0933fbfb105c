#include "api/export_json.h"

#include "api/callback_json.h"
#include "api/view_json.h"
#include "base/json_writer.h"

namespace yizhan::api {

std::string event_line(const store::WholeEvent& event) {
  JsonWriter writer;
  writer.begin_object().text("kind", "event");
  write_event_members(writer, event.view);
  const std::string& payload = event.view.event.payload;
  if (payload.find_first_of("\r\n") == std::string::npos) {
    write_payload_members(writer, payload);
  } else {
    writer.text("payload_base64", to_base64(payload));
  }
  writer.key("attempts").begin_array();
  for (const store::AttemptView& attempt : event.attempts) write_attempt(writer, attempt);
  return writer.end_array().end_object().take() + '\n';
}

std::string callback_line(const store::CallbackView& callback) {
  JsonWriter writer;
  writer.begin_object().text("kind", "callback");
  write_callback_members(writer, callback);
  write_callback_content(writer, callback);
  return writer.end_object().take() + '\n';
}

}  // namespace yizhan::api

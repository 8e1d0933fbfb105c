#include "push/getui_request.h"

#include <algorithm>

#include "base/json_text.h"

namespace yizhan::push {
namespace {

constexpr Seconds kLongestTimeToLive{3 * 86400};

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += '"';
  out += name;
  out += "\":";
  append_json_string(out, value);
}

void append_texts(std::string& out, const Message& message) {
  // Phones show nothing without a title, and Getui refuses an empty one.
  append_member(out, "title", message.title().empty() ? message.content() : message.title());
  out += ',';
  append_member(out, "body", message.content());
}

}  // namespace

std::string getui_message(const Message& message, Seconds time_to_live) {
  const bool has_payload = message.payload() != "{}";
  std::string body;
  body.reserve(1024);
  body += '{';
  append_member(body, "request_id", message.request_id());
  body += R"(,"settings":{"ttl":)";
  body += std::to_string(Milliseconds(std::clamp(time_to_live, Seconds{0}, kLongestTimeToLive)).count());
  body += R"(},"audience":{"cid":[)";
  append_json_string(body, message.cid());
  body += R"(]},"push_message":{"notification":{)";
  append_texts(body, message);
  body += R"(,"click_type":)";
  body += has_payload ? R"("payload",)" : R"("startapp")";
  if (has_payload) append_member(body, "payload", message.payload());
  body += R"(}},"push_channel":{"android":{"ups":{"notification":{)";
  append_texts(body, message);
  body += R"(,"click_type":"startapp"}}},"ios":{"type":"notify",)";
  append_member(body, "payload", message.payload());
  body += R"(,"aps":{"alert":{)";
  append_texts(body, message);
  body += R"(},"content-available":0}}}})";
  return body;
}

void GetuiBatchBody::add(std::string_view message_body) {
  text_ += text_.empty() ? R"({"is_async":false,"msg_list":[)" : ",";
  text_ += message_body;
}

std::string GetuiBatchBody::finish() && {
  text_ += "]}";
  return std::move(text_);
}

}  // namespace yizhan::push

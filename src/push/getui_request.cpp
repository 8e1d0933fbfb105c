#include "push/getui_request.h"

#include <algorithm>

#include "base/json_writer.h"

namespace yizhan::push {
namespace {

constexpr Seconds kLongestTimeToLive{3 * 86400};

void write_texts(JsonWriter& body, const Message& message) {
  // Phones show nothing without a title, and Getui refuses an empty one.
  body.text("title", message.title().empty() ? message.content() : message.title()).text("body", message.content());
}

}  // namespace

std::string getui_message(const Message& message, Seconds time_to_live) {
  const bool has_payload = message.payload() != "{}";
  const Milliseconds ttl = std::clamp(time_to_live, Seconds{0}, kLongestTimeToLive);
  JsonWriter body;
  body.begin_object().text("request_id", message.request_id());
  body.key("settings").begin_object().number("ttl", ttl.count()).end_object();
  body.key("audience").begin_object().texts("cid", {message.cid()}).end_object();

  body.key("push_message").begin_object().key("notification").begin_object();
  write_texts(body, message);
  body.text("click_type", has_payload ? "payload" : "startapp");
  if (has_payload) body.text("payload", message.payload());
  body.end_object().end_object();

  body.key("push_channel").begin_object();
  body.key("android").begin_object().key("ups").begin_object().key("notification").begin_object();
  write_texts(body, message);
  body.text("click_type", "startapp").end_object().end_object().end_object();
  body.key("ios").begin_object().text("type", "notify").text("payload", message.payload());
  body.key("aps").begin_object().key("alert").begin_object();
  write_texts(body, message);
  body.end_object().number("content-available", 0).end_object().end_object();
  return body.end_object().end_object().take();
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

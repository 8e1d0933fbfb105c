#include "push/channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_scan.h"
#include "store/push.h"
#include "verify/digest.h"

namespace yizhan::push {
namespace {

constexpr std::size_t kShortestRequestId = 10;
constexpr std::size_t kLongestRequestId = 32;

bool is_plain(char character) {
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z');
}

/// An id of ours is 32 hexadecimal digits without its hyphens. One that was handed over by SQL may be anything of up to
/// 64 characters: what does not fit is hashed, so that it is the same on every attempt all the same.
std::string make_request_id(std::string_view event_id) {
  std::string id = store::request_id_of(event_id);
  const bool fits =
      id.size() >= kShortestRequestId && id.size() <= kLongestRequestId && std::ranges::all_of(id, is_plain);
  return fits ? id : verify::sha256_hex(event_id).substr(0, kLongestRequestId);
}

std::unexpected<Error> invalid(std::string_view why) {
  return fail("payload_invalid", fmt::format("the payload is not that of a delivery: {}", why));
}

}  // namespace

Result<Message> Message::read(std::string_view event_id, std::string_view event_payload) {
  const auto document = json::read_document(event_payload);
  if (!document) return invalid(document.error().message);
  if (document->kind != json::Kind::kObject) return invalid("it must be an object");

  Message message;
  message.request_id_ = make_request_id(event_id);
  message.payload_ = "{}";
  const std::pair<std::string_view, std::string*> texts[] = {
      {"cid", &message.cid_}, {"appid", &message.appid_}, {"title", &message.title_}, {"content", &message.content_}};
  json::ObjectReader members(document->text, document->offset);
  for (;;) {
    auto member = members.next();
    if (!member) return invalid(member.error().message);
    if (!*member) break;
    const auto& [key, value] = **member;
    if (key == "payload" && value.kind != json::Kind::kNull) message.payload_ = std::string(value.text);
    const auto text = std::ranges::find(texts, key, &std::pair<std::string_view, std::string*>::first);
    if (text == std::end(texts)) continue;
    auto read = json::read_string(value);
    if (!read) return invalid(fmt::format("{}: {}", key, read.error().message));
    *text->second = std::move(*read);
  }
  if (message.cid_.empty()) {
    return fail("cid_missing",
                "the delivery names no device (cid), and without one the push service would send to all");
  }
  if (message.content_.empty()) {
    return fail(
        "content_empty",
        "the notification has no content, body, title or event_text_safe, and phones show nothing that is empty: "
        "give it a text and set its send_status to NULL");
  }
  return message;
}

}  // namespace yizhan::push

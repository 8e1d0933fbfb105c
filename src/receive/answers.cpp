#include "receive/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json_writer.h"

namespace yizhan::receive {
namespace {

/// Codes of verify/ that say: who sent this is not known.
bool is_unsigned(std::string_view code) {
  constexpr std::array kOthers{std::string_view("signing_key_unknown"), std::string_view("nonce_missing"),
                               std::string_view("message_id_missing")};
  return code.starts_with("signature_") || code.starts_with("timestamp_") ||
         std::ranges::find(kOthers, code) != kOthers.end();
}

}  // namespace

std::optional<Reply> answer_probe(const Request& request) {
  if (request.http.method != "GET" && request.http.method != "HEAD") return std::nullopt;
  return Reply{.body = "This address takes callbacks by POST.\n"};
}

bool is_success(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::kAccepted || outcome.kind == Outcome::Kind::kDuplicate;
}

int status_of(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kAccepted:
    case Outcome::Kind::kDuplicate:
      return 200;
    case Outcome::Kind::kRejected:
      return is_unsigned(reason_code(outcome)) ? 401 : 400;
    case Outcome::Kind::kUnavailable:
      break;
  }
  return 503;
}

std::string_view reason_code(const Outcome& outcome) {
  if (outcome.error != nullptr) return outcome.error->code;
  return outcome.kind == Outcome::Kind::kUnavailable ? "unavailable" : "rejected";
}

std::string_view reason_message(const Outcome& outcome) {
  if (outcome.error != nullptr && !outcome.error->message.empty()) return outcome.error->message;
  return outcome.kind == Outcome::Kind::kUnavailable ? "The callback could not be stored now; send it again."
                                                     : "The callback was rejected.";
}

Reply success_or_fail(const Outcome& outcome) {
  if (is_success(outcome)) return {.body = "success"};
  return {.status = outcome.kind == Outcome::Kind::kUnavailable ? 503 : 200, .body = "fail"};
}

Reply json_answer(const Outcome& outcome) {
  Reply reply{.status = status_of(outcome), .content_type = kJsonType};
  if (is_success(outcome)) {
    reply.body = fmt::format(R"({{"ok":true,"id":{},"duplicate":{}}})",
                             outcome.received == nullptr ? 0 : outcome.received->callback_id,
                             outcome.kind == Outcome::Kind::kDuplicate);
    return reply;
  }
  reply.body = JsonWriter()
                   .begin_object()
                   .boolean("ok", false)
                   .text("code", reason_code(outcome))
                   .text("message", reason_message(outcome))
                   .end_object()
                   .take();
  return reply;
}

}  // namespace yizhan::receive

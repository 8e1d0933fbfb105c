#include "cli/sink_log.h"

#include <fmt/format.h>

#include <array>

#include "cli/display_text.h"
#include "cli/json_members.h"
#include "cli/json_output.h"
#include "cli/readable.h"

namespace yizhan::cli {
namespace {

using Kind = SinkBehaviour::Kind;
using Signature = SinkEntry::Signature;

constexpr std::array kEventIdHeaders{"webhook-id", "x-yizhan-event-id", "x-event-id"};

std::string_view event_id_of(const SinkRequest& request, const std::string& header) {
  if (!header.empty()) return request.header(header);
  for (const char* name : kEventIdHeaders) {
    if (const std::string_view value = request.header(name); !value.empty()) return value;
  }
  return {};
}

std::string event_type_of(const SinkRequest& request, const std::string& header) {
  const std::string_view sent = request.header(header.empty() ? "x-yizhan-event-type" : std::string_view(header));
  if (!sent.empty() || !header.empty()) return std::string(sent);
  auto members = simple_members(request.body);
  return std::move(members["type"]);
}

std::string answer_name(const SinkBehaviour& behaviour) {
  switch (behaviour.kind) {
    case Kind::kAnswer:
    case Kind::kFlaky:
    case Kind::kRetryAfter:
      return std::to_string(behaviour.status);
    case Kind::kSlow:
      return fmt::format("200 after {} ms", behaviour.delay.count());
    case Kind::kHang:
      return "hang";
    case Kind::kDrip:
      return "drip";
    case Kind::kFlood:
      return "flood";
    case Kind::kRedirect:
      return "302";
    case Kind::kClose:
      return "close";
    case Kind::kGarbage:
      return "garbage";
  }
  return "";
}

bool succeeds(const SinkBehaviour& behaviour) {
  if (behaviour.kind == Kind::kSlow) return true;
  return behaviour.kind == Kind::kAnswer && behaviour.status < 300;
}

/// The kinds that depend on how often the event came become a plain answer.
SinkAnswer settle(const SinkBehaviour& behaviour, int attempt) {
  SinkAnswer answer;
  answer.behaviour = behaviour;
  if (behaviour.kind == Kind::kFlaky) {
    answer.behaviour = {.kind = Kind::kAnswer, .status = attempt <= behaviour.failures ? 500 : 200};
  } else if (behaviour.kind == Kind::kRetryAfter) {
    const bool first = attempt <= 1;
    answer.behaviour = {.kind = Kind::kAnswer, .status = first ? 503 : 200};
    if (first) answer.header_lines = fmt::format("Retry-After: {}\r\n", behaviour.retry_after.count());
  } else if (behaviour.kind == Kind::kRedirect) {
    answer.header_lines = "Location: /ok\r\n";
  }
  if (answer.behaviour.kind == Kind::kAnswer && answer.behaviour.status >= 300) {
    answer.body = fmt::format("the sink was told to answer {}\n", answer.behaviour.status);
  }
  return answer;
}

}  // namespace

void SinkJudge::check_signature(SinkEntry& entry) const {
  if (options_.verifiers.empty()) return;
  verify::MessageToVerify message;
  message.header = [&](std::string_view name) { return entry.request.header(name); };
  message.body = entry.request.body;
  message.now = entry.request.received_at;
  entry.signature = Signature::kInvalid;
  for (const NamedVerifier& named : options_.verifiers) {
    const auto verdict = named.verifier->verify(message);
    if (verdict) {
      entry.signature = Signature::kValid;
      entry.signature_detail = named.name;
      entry.signature_code.clear();
      return;
    }
    // Of several platforms' schemes, the one whose headers are there says most about what is wrong.
    if (entry.signature_code.empty() || entry.signature_code == "signature_missing") {
      entry.signature_code = verdict.error().code;
      entry.signature_detail = verdict.error().message;
    }
  }
}

SinkAnswer SinkJudge::judge(SinkEntry& entry) {
  entry.event_id = event_id_of(entry.request, options_.event_id_header);
  entry.event_type = event_type_of(entry.request, options_.event_type_header);
  if (!entry.event_id.empty()) entry.attempt = ++attempts_[entry.event_id];
  check_signature(entry);
  const std::string_view path = std::string_view(entry.request.target).substr(0, entry.request.target.find('?'));
  const auto named = parse_sink_behaviour(path);
  SinkAnswer answer;
  if (!named) {
    answer.behaviour.status = 404;
    answer.body = named.error().message + "\n";
  } else {
    // Without an id attempts cannot be told apart: every one counts as the first.
    answer = settle(named->value_or(options_.default_behaviour), std::max(entry.attempt, 1));
  }
  entry.answer = answer_name(answer.behaviour);
  ++callbacks_;
  if (succeeds(answer.behaviour)) ++answered_well_;
  if (entry.signature == Signature::kInvalid) ++invalid_signatures_;
  return answer;
}

std::string sink_line(const SinkEntry& entry, bool color) {
  constexpr int kIdWidth = 36;
  constexpr int kTypeWidth = 20;
  constexpr int kPathWidth = 16;
  std::string line = styled(readable_clock(entry.request.received_at), Style::kFaint, color);
  line += "  " + padded_right(printable(entry.event_id.empty() ? "(no event id)" : entry.event_id), kIdWidth);
  line += fmt::format("  #{:<2}", entry.attempt);
  line += "  " + padded_right(cut_to_width(printable(entry.event_type), kTypeWidth), kTypeWidth);
  line += "  " + padded_right(cut_to_width(printable(entry.request.target), kPathWidth), kPathWidth);
  line += "  " + padded_left(readable_bytes(entry.request.body.size()), 9);
  const bool good = entry.answer.starts_with("2");
  line += "  → " + styled(padded_right(entry.answer, 4), good ? Style::kGood : Style::kWarning, color);
  switch (entry.signature) {
    case Signature::kUnchecked:
      line += "  " + styled("signature not checked", Style::kFaint, color);
      break;
    case Signature::kValid:
      line += "  " + styled("signature valid", Style::kGood, color);
      if (!entry.signature_detail.empty()) line += fmt::format(" ({})", printable(entry.signature_detail));
      break;
    case Signature::kInvalid:
      line += "  " + styled("signature INVALID", Style::kBad, color) + ": " + printable(entry.signature_detail) +
              fmt::format(" [{}]", entry.signature_code);
      break;
  }
  return line;
}

std::string sink_json(const SinkEntry& entry, bool with_content) {
  JsonWriter record;
  record.begin_object()
      .time("received_at", entry.request.received_at)
      .text_or_null("event_id", entry.event_id)
      .text_or_null("event_type", entry.event_type)
      .number("attempt", entry.attempt)
      .text("method", entry.request.method)
      .text("target", entry.request.target)
      .number("bytes", static_cast<std::int64_t>(entry.request.body.size()));
  switch (entry.signature) {
    case Signature::kUnchecked:
      record.text("signature", "unchecked");
      break;
    case Signature::kValid:
      record.text("signature", "valid");
      break;
    case Signature::kInvalid:
      record.text("signature", "invalid")
          .text("signature_code", entry.signature_code)
          .text("signature_detail", entry.signature_detail);
      break;
  }
  record.text("answer", entry.answer);
  if (with_content) {
    record.key("headers").begin_array();
    for (const auto& [name, value] : entry.request.headers) record.begin_array().text(name).text(value).end_array();
    record.end_array().text("body_base64", api::to_base64(entry.request.body));
  }
  return record.end_object().take();
}

}  // namespace yizhan::cli

#include "api/new_events.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/field_text.h"
#include "base/json_scan.h"
#include "base/trace_context.h"
#include "base/utf8.h"

namespace yizhan::api {
namespace {

constexpr std::string_view kKnownFields =
    "platform, event_type, payload, callback_target, idempotency_key, not_before, correlation, order_key, "
    "traceparent";

Result<void> set_not_before(const json::Member& member, UtcTime& first_attempt_at) {
  if (member.value.kind == json::Kind::kNull) return {};
  const auto text = read_text_field(member, 64, Empty::kRefused);
  if (!text) return std::unexpected(text.error());
  const auto time = parse_time(*text);
  if (!time) {
    return fail("field_invalid",
                fmt::format("'not_before' is '{}'; write a time like 2026-02-06T08:30:00Z (RFC 3339)", *text));
  }
  // A time that has passed means now.
  first_attempt_at = std::max(first_attempt_at, *time);
  return {};
}

Result<void> set_idempotency_key(const json::Member& member, std::optional<std::string>& target) {
  if (member.value.kind == json::Kind::kNull) return {};
  auto text = read_text_field(member, EventLimits::kIdempotencyKey, Empty::kRefused);
  if (!text) return std::unexpected(std::move(text.error()));
  target = std::move(*text);
  return {};
}

Result<void> set_field(const json::Member& member, store::NewEvent& made) {
  const std::string_view key = member.key;
  if (key == "payload") {
    made.event.payload = member.value.text;
    return {};
  }
  if (key == "platform") return set_text_field(member, EventLimits::kPlatform, Empty::kRefused, made.event.platform);
  if (key == "event_type")
    return set_text_field(member, EventLimits::kEventType, Empty::kRefused, made.event.event_type);
  if (key == "callback_target") {
    return set_text_field(member, EventLimits::kCallbackTarget, Empty::kAllowed, made.event.callback_target);
  }
  if (key == "idempotency_key") return set_idempotency_key(member, made.idempotency_key);
  if (key == "not_before") return set_not_before(member, made.first_attempt_at);
  if (key == "correlation")
    return set_text_field(member, EventLimits::kCorrelation, Empty::kAllowed, made.event.correlation);
  if (key == "order_key") return set_text_field(member, EventLimits::kOrderKey, Empty::kAllowed, made.event.order_key);
  if (key == "traceparent") {
    std::string text;
    auto set = set_text_field(member, kLongestTraceparent, Empty::kAllowed, text);
    // As its specification asks, one that is malformed is ignored.
    if (set && is_traceparent(text)) made.event.traceparent = std::move(text);
    return set;
  }
  return fail("field_unknown",
              fmt::format("there is no field '{}'; the fields are {}", key.substr(0, 64), kKnownFields));
}

Result<store::NewEvent> read_event(const json::Value& value, IdMaker& ids, UtcTime now) {
  store::NewEvent made;
  made.event.created_at = now;
  made.first_attempt_at = now;
  json::ObjectReader reader(value.text, value.offset);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) break;
    if (auto set = set_field(**member, made); !set) return std::unexpected(std::move(set.error()));
  }
  for (const auto& [name, text] : {std::pair<std::string_view, const std::string&>{"platform", made.event.platform},
                                   {"event_type", made.event.event_type},
                                   {"payload", made.event.payload}}) {
    if (text.empty()) return fail("field_missing", fmt::format("'{}' is missing", name));
  }
  made.event.id = ids.make(now);
  return made;
}

Result<void> add_idempotency_header(std::string_view key, store::NewEvent& event) {
  if (key.size() > EventLimits::kIdempotencyKey || has_control_character(key) || !is_utf8(key)) {
    return fail("field_invalid",
                "the header Idempotency-Key has more than 255 bytes, a control character, or is not UTF-8");
  }
  if (event.idempotency_key && *event.idempotency_key != key) {
    return fail("field_invalid", "the header Idempotency-Key and the field 'idempotency_key' differ");
  }
  event.idempotency_key = key;
  return {};
}

Result<NewEvents> read_array(std::string_view body, IdMaker& ids, UtcTime now) {
  NewEvents made;
  made.array = true;
  json::ArrayReader reader(body);
  while (true) {
    const auto value = reader.next();
    if (!value) return std::unexpected(value.error());
    if (!*value) break;
    if (made.call.events.size() == kMostEvents) {
      return fail("too_many_events", fmt::format("an array may have {} events at most", kMostEvents));
    }
    auto event = read_event(**value, ids, now);
    if (!event) {
      return fail(event.error().code, fmt::format("event [{}]: {}", made.call.events.size(), event.error().message));
    }
    made.call.events.push_back(std::move(*event));
  }
  if (made.call.events.empty()) return fail("no_events", "the array is empty");
  return made;
}

}  // namespace

Result<NewEvents> read_new_events(std::string_view body, const EventHeaders& headers, IdMaker& ids, UtcTime now) {
  const auto first = body.find_first_not_of(" \t\r\n");
  const bool array = first != std::string_view::npos && body[first] == '[';
  Result<NewEvents> made;
  if (array) {
    made = read_array(body, ids, now);
  } else {
    auto event = read_event({json::Kind::kObject, body, 0}, ids, now);
    if (event) {
      made->call.events.push_back(std::move(*event));
    } else {
      made = std::unexpected(std::move(event.error()));
    }
  }
  if (!made) return made;
  if (!headers.idempotency_key.empty()) {
    if (array) {
      return fail("field_invalid",
                  "the header Idempotency-Key is for a single event; in an array each has its own field");
    }
    if (auto added = add_idempotency_header(headers.idempotency_key, made->call.events.front()); !added) {
      return std::unexpected(std::move(added.error()));
    }
  }
  if (is_traceparent(headers.traceparent)) {
    for (store::NewEvent& event : made->call.events) {
      if (event.event.traceparent.empty()) event.event.traceparent = headers.traceparent;
    }
  }
  return made;
}

}  // namespace yizhan::api

#include "store/selection_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/json_writer.h"
#include "domain/attempt.h"

namespace yizhan::store {
namespace {

std::unexpected<Error> bad_field(std::string message) {
  return fail("field_invalid", std::move(message));
}

/// A text that the store could not hold: nothing can match it.
bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

Result<std::vector<std::string>> read_texts(const json::Member& member) {
  if (member.value.kind != json::Kind::kArray) {
    return bad_field(
        fmt::format("'{}' must be an array of strings, not {}", member.key, json::to_string(member.value.kind)));
  }
  std::vector<std::string> texts;
  json::ArrayReader reader(member.value.text, member.value.offset);
  while (true) {
    const auto value = reader.next();
    if (!value) return std::unexpected(value.error());
    if (!*value) return texts;
    auto text = json::read_string(**value);
    if (!text || has_nul(*text)) return bad_field(fmt::format("'{}' must be an array of strings", member.key));
    if (texts.size() == kMostSelectionIds)
      return bad_field(fmt::format("'{}' has more than {} entries", member.key, kMostSelectionIds));
    texts.push_back(std::move(*text));
  }
}

Result<void> set_selection_field(const json::Member& member, Selection& selection) {
  const std::string_view key = member.key;
  if (key == "ids" || key == "statuses") {
    auto texts = read_texts(member);
    if (!texts) return std::unexpected(std::move(texts.error()));
    if (key == "ids") {
      selection.ids = std::move(*texts);
      return {};
    }
    auto statuses = parse_statuses(*texts);
    if (!statuses) return std::unexpected(std::move(statuses.error()));
    selection.statuses = std::move(*statuses);
    return {};
  }
  const std::pair<std::string_view, std::string*> texts[] = {{"platform", &selection.platform},
                                                             {"event_type", &selection.event_type},
                                                             {"error_class", &selection.error_class},
                                                             {"correlation", &selection.correlation}};
  const auto known = std::ranges::find(texts, key, &std::pair<std::string_view, std::string*>::first);
  const bool moment = key == "created_from" || key == "created_until";
  if (known == std::end(texts) && !moment) {
    return fail("field_unknown",
                fmt::format("there is no field '{}' in a selection; the fields are ids, statuses, platform, "
                            "event_type, error_class, correlation, created_from, created_until",
                            key.substr(0, 64)));
  }
  auto text = read_text_field(member);
  if (!text) return std::unexpected(std::move(text.error()));
  if (moment) {
    auto time = parse_moment(key, *text);
    if (!time) return std::unexpected(std::move(time.error()));
    (key == "created_from" ? selection.created_from : selection.created_until) = *time;
    return {};
  }
  if (key == "error_class") {
    if (auto checked = check_error_class(*text); !checked) return checked;
  }
  *known->second = std::move(*text);
  return {};
}

}  // namespace

Result<std::vector<EventStatus>> parse_statuses(const std::vector<std::string>& names) {
  std::vector<EventStatus> statuses;
  for (const std::string& name : names) {
    const auto status = parse_event_status(name);
    if (!status) {
      return bad_field(
          fmt::format("'{}' is no status; there are pending, retrying, delivered, dead_letter, discarded", name));
    }
    statuses.push_back(*status);
  }
  return statuses;
}

Result<void> check_error_class(std::string_view name) {
  if (parse_error_class(name)) return {};
  std::vector<std::string_view> names;
  for (std::size_t i = 1; i < kErrorClassCount; ++i) names.push_back(to_string(static_cast<ErrorClass>(i)));
  return bad_field(fmt::format("'{}' is no error class; there are {}", name, fmt::join(names, ", ")));
}

Result<UtcTime> parse_moment(std::string_view name, std::string_view text) {
  const auto time = parse_time(text);
  if (time) return *time;
  return bad_field(fmt::format("'{}' is '{}'; write a time like 2026-02-06T08:30:00Z (RFC 3339)", name, text));
}

Result<std::string> read_text_field(const json::Member& member) {
  auto text = json::read_string(member.value);
  if (text && !has_nul(*text)) return text;
  return bad_field(fmt::format("'{}' must be a string without NUL", member.key));
}

Result<void> read_selection_json(const json::Value& value, Selection& selection) {
  if (value.kind != json::Kind::kObject) return bad_field("'selection' must be an object");
  json::ObjectReader reader(value.text, value.offset);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) return {};
    if (auto set = set_selection_field(**member, selection); !set) return set;
  }
}

std::string selection_json(const Selection& selection) {
  JsonWriter writer;
  const auto texts = [&](std::string_view name, const std::vector<std::string>& values) {
    if (!values.empty()) writer.texts(name, values);
  };
  const auto text = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) writer.text(name, value);
  };
  std::vector<std::string> statuses;
  for (const EventStatus status : selection.statuses) statuses.emplace_back(to_string(status));
  writer.begin_object();
  texts("ids", selection.ids);
  texts("statuses", statuses);
  text("platform", selection.platform);
  text("event_type", selection.event_type);
  text("error_class", selection.error_class);
  text("correlation", selection.correlation);
  if (selection.created_from) writer.time("created_from", *selection.created_from);
  if (selection.created_until) writer.time("created_until", *selection.created_until);
  return writer.end_object().take();
}

}  // namespace yizhan::store

#include "api/selection_request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "domain/attempt.h"
#include "http/router.h"

namespace yizhan::api {
namespace {

constexpr std::size_t kMostIds = 1000;
constexpr std::size_t kReasonLimit = 512;

std::unexpected<Error> bad_parameter(std::string message) {
  return fail("parameter_invalid", std::move(message));
}
std::unexpected<Error> bad_field(std::string message) {
  return fail("field_invalid", std::move(message));
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

/// The checks that both forms share. The message does not name the form's field; the caller does.
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

Error as_parameter(Error error) {
  error.code = "parameter_invalid";
  return error;
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
    if (texts.size() == kMostIds) return bad_field(fmt::format("'{}' has more than {} entries", member.key, kMostIds));
    texts.push_back(std::move(*text));
  }
}

Result<std::string> read_text(const json::Member& member) {
  auto text = json::read_string(member.value);
  if (text && !has_nul(*text)) return text;
  return bad_field(fmt::format("'{}' must be a string without NUL", member.key));
}

Result<void> set_selection_field(const json::Member& member, store::Selection& selection) {
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
  auto text = read_text(member);
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

bool selects_everything(const store::Selection& selection) {
  return selection.ids.empty() && selection.statuses.empty() && selection.platform.empty() &&
         selection.event_type.empty() && selection.error_class.empty() && selection.correlation.empty() &&
         !selection.created_from && !selection.created_until;
}

Result<void> read_selection_object(const json::Value& value, store::Selection& selection) {
  if (value.kind != json::Kind::kObject) return bad_field("'selection' must be an object");
  json::ObjectReader reader(value.text, value.offset);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) return {};
    if (auto set = set_selection_field(**member, selection); !set) return set;
  }
}

Result<void> set_change_field(const json::Member& member, bool with_reason, ChangeRequest& request, bool& selected) {
  if (member.key == "selection") {
    selected = true;
    return read_selection_object(member.value, request.selection);
  }
  if (member.key == "preview") {
    const auto preview = json::read_boolean(member.value);
    if (!preview) return bad_field("'preview' must be true or false");
    request.preview = *preview;
    return {};
  }
  if (member.key == "reason" && with_reason) {
    auto reason = read_text(member);
    if (!reason) return std::unexpected(std::move(reason.error()));
    if (reason->size() > kReasonLimit) return bad_field(fmt::format("'reason' has more than {} bytes", kReasonLimit));
    request.reason = std::move(*reason);
    return {};
  }
  return fail("field_unknown", fmt::format("there is no field '{}'; the fields are selection, preview{}",
                                           member.key.substr(0, 64), with_reason ? ", reason" : ""));
}

}  // namespace

Result<QueryParameters> QueryParameters::read(std::string_view query, std::span<const std::string_view> known) {
  auto values = http::parse_query(query);
  if (!values) return std::unexpected(std::move(values.error()));
  QueryParameters parameters;
  for (auto& [name, value] : *values) {
    if (std::ranges::find(known, name) == known.end()) {
      return bad_parameter(
          fmt::format("there is no parameter '{}'; the parameters are {}", name, fmt::join(known, ", ")));
    }
    if (std::ranges::find(parameters.values_, name, &std::pair<std::string, std::string>::first) !=
        parameters.values_.end()) {
      return bad_parameter(fmt::format("the parameter '{}' is there twice; separate its values by commas", name));
    }
    parameters.values_.emplace_back(std::move(name), std::move(value));
  }
  return parameters;
}

std::string_view QueryParameters::operator[](std::string_view name) const {
  const auto found = std::ranges::find(values_, name, &std::pair<std::string, std::string>::first);
  return found == values_.end() ? std::string_view{} : std::string_view(found->second);
}

Result<std::int64_t> read_number(const QueryParameters& parameters, std::string_view name, std::int64_t least,
                                 std::int64_t most, std::int64_t otherwise) {
  const std::string_view text = parameters[name];
  if (text.empty()) return otherwise;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most) {
    return bad_parameter(fmt::format("'{}' is '{}'; it must be a number from {} to {}", name, text, least, most));
  }
  return number;
}

Result<std::optional<UtcTime>> read_time(const QueryParameters& parameters, std::string_view name) {
  const std::string_view text = parameters[name];
  if (text.empty()) return std::nullopt;
  auto time = parse_moment(name, text);
  if (!time) return std::unexpected(as_parameter(std::move(time.error())));
  return *time;
}

Result<store::Selection> read_selection(const QueryParameters& parameters) {
  store::Selection selection;
  selection.ids = split(parameters["id"]);
  if (selection.ids.size() > kMostIds) return bad_parameter(fmt::format("'id' has more than {} ids", kMostIds));
  auto statuses = parse_statuses(split(parameters["status"]));
  if (!statuses) return std::unexpected(as_parameter(std::move(statuses.error())));
  selection.statuses = std::move(*statuses);
  selection.platform = parameters["platform"];
  selection.event_type = parameters["event_type"];
  selection.error_class = parameters["error_class"];
  if (auto checked = check_error_class(selection.error_class); !checked) {
    return std::unexpected(as_parameter(std::move(checked.error())));
  }
  selection.correlation = parameters["correlation"];
  const auto from = read_time(parameters, "created_from");
  if (!from) return std::unexpected(from.error());
  const auto until = read_time(parameters, "created_until");
  if (!until) return std::unexpected(until.error());
  selection.created_from = *from;
  selection.created_until = *until;
  return selection;
}

Result<store::Page> read_page(const QueryParameters& parameters) {
  store::Page page;
  const auto limit = read_number(parameters, "limit", 1, 1000, page.limit);
  if (!limit) return std::unexpected(limit.error());
  page.limit = static_cast<int>(*limit);
  const auto after = read_number(parameters, "after", 0, INT64_MAX, 0);
  if (!after) return std::unexpected(after.error());
  page.after = *after;
  const std::string_view order = parameters["order"];
  if (!order.empty() && order != "newest" && order != "oldest") {
    return bad_parameter(fmt::format("'order' is '{}'; it must be newest or oldest", order));
  }
  page.oldest_first = order == "oldest";
  return page;
}

Result<ChangeRequest> read_change_request(std::string_view body, bool with_reason) {
  ChangeRequest request;
  bool selected = false;
  json::ObjectReader reader(body);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) break;
    if (auto set = set_change_field(**member, with_reason, request, selected); !set) {
      return std::unexpected(std::move(set.error()));
    }
  }
  if (!selected) return fail("field_missing", "'selection' is missing");
  if (with_reason && !request.preview && request.reason.empty()) return fail("field_missing", "'reason' is missing");
  store::Selection& selection = request.selection;
  if (selects_everything(selection)) {
    return fail("selection_empty",
                "give ids, statuses, a platform, an event type, an error class, a correlation or a time");
  }
  if (!with_reason && selection.ids.empty() && selection.statuses.empty()) {
    selection.statuses = {EventStatus::kDeadLetter};
  }
  return request;
}

}  // namespace yizhan::api

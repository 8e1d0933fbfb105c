#include "api/selection_request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "http/router.h"
#include "store/selection_json.h"

namespace yizhan::api {
namespace {

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

Error as_parameter(Error error) {
  error.code = "parameter_invalid";
  return error;
}

bool selects_everything(const store::Selection& selection) {
  return selection.ids.empty() && selection.statuses.empty() && selection.platform.empty() &&
         selection.event_type.empty() && selection.error_class.empty() && selection.correlation.empty() &&
         !selection.created_from && !selection.created_until;
}

std::unexpected<Error> nothing_selected() {
  return fail("selection_empty",
              "give ids, statuses, a platform, an event type, an error class, a correlation or a time");
}

Result<bool> read_preview(const json::Member& member) {
  const auto preview = json::read_boolean(member.value);
  if (!preview) return bad_field("'preview' must be true or false");
  return *preview;
}

Result<std::string> read_reason(const json::Member& member) {
  auto reason = store::read_text_field(member);
  if (reason && reason->size() > kReasonLimit) {
    return bad_field(fmt::format("'reason' has more than {} bytes", kReasonLimit));
  }
  return reason;
}

Result<SigningSecret> read_secret(const json::Member& member) {
  const auto name = store::read_text_field(member);
  const auto secret = name ? parse_signing_secret(*name) : std::nullopt;
  if (!secret) return bad_field("'secret' must be current or previous");
  return *secret;
}

/// Puts what was read where it belongs.
Result<void> take(auto read, auto& into) {
  if (!read) return std::unexpected(std::move(read.error()));
  into = std::move(*read);
  return {};
}

Result<void> set_replay_field(const json::Member& member, ReplayAsked& asked, bool& selected) {
  store::ReplayRequest& request = asked.request;
  if (member.key == "selection") {
    selected = true;
    return store::read_selection_json(member.value, request.selection);
  }
  if (member.key == "preview") return take(read_preview(member), asked.preview);
  if (member.key == "reason") return take(read_reason(member), request.reason);
  if (member.key == "target") return take(store::read_text_field(member), request.new_target);
  if (member.key == "secret") return take(read_secret(member), request.secret);
  if (member.key == "rate") {
    const auto rate = json::read_integer(member.value);
    if (!rate || *rate < 1) return bad_field("'rate' must be a whole number of events a second, 1 or more");
    request.rate = *rate;
    return {};
  }
  return fail("field_unknown", fmt::format("there is no field '{}'; the fields are selection, rate, reason, target, "
                                           "secret, preview",
                                           member.key.substr(0, 64)));
}

Result<void> set_change_field(const json::Member& member, bool with_reason, ChangeRequest& request, bool& selected) {
  if (member.key == "selection") {
    selected = true;
    return store::read_selection_json(member.value, request.selection);
  }
  if (member.key == "preview") return take(read_preview(member), request.preview);
  if (member.key == "reason" && with_reason) return take(read_reason(member), request.reason);
  if (member.key == "secret" && !with_reason) return take(read_secret(member), request.secret);
  return fail("field_unknown", fmt::format("there is no field '{}'; the fields are selection, preview{}",
                                           member.key.substr(0, 64), with_reason ? ", reason" : ", secret"));
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
  auto time = store::parse_moment(name, text);
  if (!time) return std::unexpected(as_parameter(std::move(time.error())));
  return *time;
}

Result<store::Selection> read_selection(const QueryParameters& parameters) {
  store::Selection selection;
  selection.ids = split(parameters["id"]);
  if (selection.ids.size() > store::kMostSelectionIds)
    return bad_parameter(fmt::format("'id' has more than {} ids", store::kMostSelectionIds));
  auto statuses = store::parse_statuses(split(parameters["status"]));
  if (!statuses) return std::unexpected(as_parameter(std::move(statuses.error())));
  selection.statuses = std::move(*statuses);
  selection.platform = parameters["platform"];
  selection.event_type = parameters["event_type"];
  selection.error_class = parameters["error_class"];
  if (auto checked = store::check_error_class(selection.error_class); !checked) {
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

Result<ReplayAsked> read_replay_request(std::string_view body) {
  ReplayAsked asked;
  bool selected = false;
  json::ObjectReader reader(body);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) break;
    if (auto set = set_replay_field(**member, asked, selected); !set) return std::unexpected(std::move(set.error()));
  }
  if (!selected) return fail("field_missing", "'selection' is missing");
  store::Selection& selection = asked.request.selection;
  if (selects_everything(selection)) return nothing_selected();
  if (selection.statuses.empty()) {
    selection.statuses = selection.ids.empty()
                             ? std::vector{EventStatus::kDeadLetter}
                             : std::vector{EventStatus::kDeadLetter, EventStatus::kRetrying, EventStatus::kDelivered};
  }
  return asked;
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
  if (selects_everything(selection)) return nothing_selected();
  if (!with_reason && selection.ids.empty() && selection.statuses.empty()) {
    selection.statuses = {EventStatus::kDeadLetter};
  }
  return request;
}

Result<SigningSecret> read_replay_secret(std::string_view body) {
  SigningSecret secret = SigningSecret::kCurrent;
  if (body.empty()) return secret;
  json::ObjectReader reader(body);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::unexpected(member.error());
    if (!*member) return secret;
    if ((*member)->key != "secret") {
      return fail("field_unknown",
                  fmt::format("there is no field '{}'; the field is secret", (*member)->key.substr(0, 64)));
    }
    if (auto set = take(read_secret(**member), secret); !set) return std::unexpected(std::move(set.error()));
  }
}

}  // namespace yizhan::api

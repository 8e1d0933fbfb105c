#include "cli/selection_options.h"

#include <fmt/format.h>

#include <vector>

#include "cli/readable.h"

namespace yizhan::cli {
namespace {

/// Those that an attempt can fail with.
std::vector<ErrorClass> all_error_classes() {
  std::vector<ErrorClass> classes;
  for (std::size_t i = 1; i < kErrorClassCount; ++i) classes.push_back(static_cast<ErrorClass>(i));
  return classes;
}

template <class Values>
std::string names_of(const Values& values, std::string_view separator) {
  std::string names;
  for (const auto value : values) {
    if (!names.empty()) names += separator;
    names += to_string(value);
  }
  return names;
}

}  // namespace

void add_selection_options(Command command, SelectionOptions& options, bool with_ids, bool with_status) {
  if (with_ids) command.add_option("id", options.ids, "ids of events").type_name("ID");
  if (with_status) {
    command.add_option("--status", options.statuses, "only in this status; several with commas, or repeated")
        .type_name(names_of(kAllEventStatuses, "|"))
        .one_value_each()
        .comma_separated();
  }
  command.add_option("--platform", options.platform, "only of this platform").type_name("NAME");
  command.add_option("--type", options.event_type, "only of this event type").type_name("TYPE");
  command.add_option("--error-class", options.error_class, "only where the last attempt failed in this way")
      .type_name(names_of(all_error_classes(), "|"));
  command.add_option("--correlation", options.correlation, "only with this correlation").type_name("TEXT");
  command.add_option("--since", options.since, "only accepted since: 15m, 2h, 7d, 2026-02-06, 2026-02-06T08:30:00Z")
      .type_name("WHEN");
  command.add_option("--until", options.until, "only accepted before").type_name("WHEN");
}

bool selects_everything(const SelectionOptions& options) {
  return options.ids.empty() && options.statuses.empty() && options.platform.empty() && options.event_type.empty() &&
         options.error_class.empty() && options.correlation.empty() && options.since.empty() && options.until.empty();
}

Result<store::Selection> to_selection(const SelectionOptions& options, UtcTime now) {
  store::Selection selection;
  selection.ids = options.ids;
  selection.platform = options.platform;
  selection.event_type = options.event_type;
  selection.correlation = options.correlation;
  for (const std::string& text : options.statuses) {
    const auto status = parse_event_status(text);
    if (!status) {
      return fail("usage_invalid",
                  fmt::format("--status: '{}' is none of {}", text, names_of(kAllEventStatuses, ", ")));
    }
    selection.statuses.push_back(*status);
  }
  if (!options.error_class.empty()) {
    const auto error_class = parse_error_class(options.error_class);
    if (!error_class || *error_class == ErrorClass::kNone) {
      return fail("usage_invalid", fmt::format("--error-class: '{}' is none of {}", options.error_class,
                                               names_of(all_error_classes(), ", ")));
    }
    selection.error_class = options.error_class;
  }
  const auto range = parse_range(options.since, options.until, now);
  if (!range) return std::unexpected(range.error());
  selection.created_from = range->from;
  selection.created_until = range->until;
  return selection;
}

std::string describe(const store::Selection& selection) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", name, value);
  };
  add("status", names_of(selection.statuses, " or "));
  add("platform", selection.platform);
  add("type", selection.event_type);
  add("error class", selection.error_class);
  add("correlation", selection.correlation);
  if (selection.created_from) add("since", readable_time(*selection.created_from));
  if (selection.created_until) add("before", readable_time(*selection.created_until));
  return text;
}

}  // namespace yizhan::cli

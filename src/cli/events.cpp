#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/event_endpoint.h"
#include "cli/event_story.h"
#include "cli/json_output.h"
#include "cli/paging.h"
#include "cli/readable.h"
#include "cli/selection_options.h"
#include "cli/table.h"
#include "cli/timeline.h"

namespace yizhan::cli {
namespace {

struct EventListOptions {
  SelectionOptions selection;
  int limit = 50;
  bool oldest_first = false;
};

/// What the operator wants to know of an event at a glance.
std::string note(const store::EventView& event, bool disabled, UtcTime now) {
  if (!is_open(event.status)) return event.last_error;
  if (disabled) return "waits, its endpoint is disabled: " + event.last_error;
  std::string text;
  if (event.lease_expires_at && *event.lease_expires_at > now) {
    text = "in flight";
  } else if (event.next_attempt_at) {
    text = *event.next_attempt_at > now ? "next " + relative_time(*event.next_attempt_at, now)
                                        : "due since " + short_span(now - *event.next_attempt_at);
    if (text == "due since now") text = "due now";
  }
  if (!event.last_error.empty()) text += (text.empty() ? "" : ": ") + event.last_error;
  return text;
}

Result<ExitStatus> list(const Context& context, const EventListOptions& options) {
  const UtcTime now = utc_now();
  const auto selection = to_selection(options.selection, now);
  if (!selection) return std::unexpected(selection.error());
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const auto opened = Context::open_store(loaded->config);
  if (!opened) return std::unexpected(opened.error());
  const auto disabled = DisabledEndpoints::read(*opened->store);
  if (!disabled) return std::unexpected(disabled.error());

  Table table({{"EVENT"},
               {"PLATFORM", Align::kLeft, true},
               {"TYPE", Align::kLeft, true},
               {"STATUS"},
               {"ATTEMPTS", Align::kRight},
               {"AGE", Align::kRight},
               {"NOTE", Align::kLeft, true}});
  const auto more = for_each_row(
      options.limit, options.oldest_first,
      [&](const store::Page& page) { return (*opened)->list_events(*selection, page); },
      [&](const store::EventView& event) {
        if (context.options.json) {
          JsonWriter writer;
          writer.begin_object();
          api::write_event_members(writer, event);
          context.out() << writer.end_object().take() << '\n';
          return;
        }
        table.add_row({{event.event.id},
                       {event.event.platform},
                       {event.event.event_type},
                       {to_string(event.status), style_of(event.status)},
                       {std::to_string(event.attempt_count)},
                       {short_span(now - event.event.created_at)},
                       {note(event, disabled->of(event.event, loaded->config) != nullptr, now)}});
      });
  if (!more) return std::unexpected(more.error());
  return print_list(
      context, table, *more, options.oldest_first,
      selects_everything(options.selection) ? "No events yet. Hand one over with 'yizhan emit'." : "No event matches.");
}

struct EventShowOptions {
  std::string id;
  bool payload = false;
  bool responses = false;
};

Result<ExitStatus> show(const Context& context, const EventShowOptions& options) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const auto opened = Context::open_store(loaded->config);
  if (!opened) return std::unexpected(opened.error());
  const auto story = find_story(*opened->store, options.id, loaded->config);
  if (!story) return std::unexpected(story.error());
  const UtcTime now = utc_now();
  if (context.options.json) {
    context.out() << story_json(*story, now);
    return ExitStatus::kOk;
  }
  context.out() << render_timeline(*story, now,
                                   {.width = context.terminal.width,
                                    .color = context.terminal.color,
                                    .whole_payload = options.payload,
                                    .response_bodies = options.responses});
  return ExitStatus::kOk;
}

}  // namespace

void add_events(Command parent, Context& context) {
  const Command events = add_command(
      parent, "events", "list events, or show the whole way of one", "",
      {{"yizhan events list --status retrying", "what is being retried, newest first"},
       {"yizhan events show 0198c0de-0000-7000-8000-000000000000", "where is it? every attempt, and what comes next"}});
  events.group(kLookGroup);

  auto list_options = std::make_shared<EventListOptions>();
  const Command list_command = add_command(
      events, "list", "list events, newest first",
      "With --json, one object a line. ATTEMPTS counts those made; NOTE says when the next is due, or the last error.",
      {{"yizhan events list", "the newest 50"},
       {"yizhan events list --status dead_letter --platform sub2api --since 2h",
        "dead letters of one platform in the last two hours"},
       {"yizhan events list --correlation order-1001 --json", "everything of one order, for a program"}});
  add_selection_options(list_command, list_options->selection, true, true);
  list_command.add_option("--limit", list_options->limit, "rows at most (50)").type_name("N").positive();
  list_command.add_flag("--oldest-first", list_options->oldest_first, "oldest first");
  on_run(list_command, context, [&context, list_options] { return list(context, *list_options); });

  auto show_options = std::make_shared<EventShowOptions>();
  const Command show_command =
      add_command(events, "show", "show the whole way of one event: where is it, and what to do next",
                  "A time line: accepted, each attempt with its answer, what became of it, what comes next. With "
                  "--json one object.",
                  {{"yizhan events show 0198c0de-0000-7000-8000-000000000000", "the way of that event"},
                   {"yizhan events show --responses --payload 0198c0de-0000-7000-8000-000000000000",
                    "with what the platform answered and the whole payload"}});
  show_command.add_option("id", show_options->id, "the event's id").type_name("ID").required();
  show_command.add_flag("--payload", show_options->payload, "the whole payload instead of its beginning");
  show_command.add_flag("--responses", show_options->responses, "what was answered to each attempt (its beginning)");
  on_run(show_command, context, [&context, show_options] { return show(context, *show_options); });
}

}  // namespace yizhan::cli

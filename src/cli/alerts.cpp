#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>

#include "alert/alert.h"
#include "alert/episodes.h"
#include "api/alert_json.h"
#include "app/alert_sampling.h"
#include "base/ids.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "cli/table.h"

namespace yizhan::cli {
namespace {

/// How often the store is asked what has become of a test.
constexpr Milliseconds kLook{200};

struct AlertListOptions {
  bool all = false;
  int limit = 100;
};

struct TestOptions {
  std::string channel;
  int timeout_seconds = 60;
};

std::string next_of(const store::AlertEpisode& episode) {
  for (const auto& [name, value] : alert::alert_of(episode).facts) {
    if (name == "next") return value;
  }
  return "";
}

std::string table_of(const std::vector<store::AlertEpisode>& alerts, const Terminal& terminal, UtcTime now) {
  Table table({{"STATE"},
               {"SINCE (UTC)"},
               {"LASTED", Align::kRight},
               {"COUNT", Align::kRight},
               {"WHAT", Align::kLeft, true},
               {"NEXT", Align::kLeft, true}});
  for (const store::AlertEpisode& alert : alerts) {
    const bool over = alert.cleared_at.has_value();
    table.add_row({{over ? "cleared" : "raised", over ? Style::kPlain : Style::kBad},
                   {readable_time(alert.raised_at)},
                   {short_span((over ? alert.last_held_at : now) - alert.raised_at)},
                   {readable_count(alert.count)},
                   {alert.title},
                   {over ? "" : next_of(alert)}});
  }
  return table.render(terminal);
}

Result<ExitStatus> list(const Context& context, const AlertListOptions& options) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  auto alerts = options.all ? store::newest_alerts(*opened->store, options.limit) : store::open_alerts(*opened->store);
  if (!alerts) return std::unexpected(alerts.error());
  const bool raised = std::ranges::any_of(*alerts, [](const store::AlertEpisode& alert) { return !alert.cleared_at; });
  const ExitStatus status = raised ? ExitStatus::kNeedsAttention : ExitStatus::kOk;
  if (context.options.json) {
    for (const store::AlertEpisode& alert : *alerts) context.out() << json_line(api::write_alert, alert);
    return status;
  }
  if (alerts->empty()) {
    context.out() << (options.all ? "No alert was ever raised.\n"
                                  : "No alert is raised. Past ones: yizhan alerts --all\n");
    return status;
  }
  context.out() << table_of(*alerts, context.terminal, utc_now());
  return status;
}

// ---- a test
// -----------------------------------------------------------------------------------------------------------

alert::Alert test_alert(UtcTime now) {
  return {.id = IdMaker().make(now),
          .cause = "test:operator",
          .rule = alert::Rule::kTest,
          .subject = "operator",
          .state = alert::Alert::State::kRaised,
          .title = "A test: this channel takes alerts",
          .facts = {{"next", "yizhan alerts"}},
          .count = 1,
          .raised_at = now,
          .at = now};
}

Result<std::vector<std::string>> platforms_of(const config::Config& config, const std::string& channel) {
  std::vector<std::string> names;
  for (const config::AlertChannel& known : config.alert_channels) names.push_back(known.name);
  if (channel.empty()) {
    auto platforms = app::alert_platforms(config);
    if (!platforms.empty()) return platforms;
    return fail("alert_channel_not_found",
                "no alert channel is configured: add an [alert_channels.NAME] ('yizhan config docs' explains), or name "
                "the file that has it with --config");
  }
  if (std::ranges::find(names, channel) == names.end()) {
    return fail("alert_channel_not_found",
                fmt::format("there is no alert channel '{}'; there {}", channel,
                            names.empty() ? "is none" : fmt::format("are: {}", fmt::join(names, ", "))));
  }
  return std::vector{std::string(alert::kPlatformPrefix) + channel};
}

/// Answers the events' ids.
Result<std::vector<std::string>> hand_over(store::Store& store, const std::vector<std::string>& platforms,
                                           UtcTime now) {
  const alert::Alert told = test_alert(now);
  IdMaker ids;
  std::vector<store::AlertEvent> events;
  std::vector<std::string> event_ids;
  for (const std::string& platform : platforms) {
    event_ids.push_back(ids.make(now));
    events.push_back({.id = event_ids.back(),
                      .platform = platform,
                      .event_type = alert::event_type(told),
                      .payload = alert::write_alert(told)});
  }
  if (const auto done = store::hand_over_alerts(store, events, told.id, now); !done) {
    return std::unexpected(done.error());
  }
  return event_ids;
}

/// The event when it is settled, or when time is up.
Result<store::EventView> await_outcome(store::Store& store, const std::string& id, SteadyTime until,
                                       InterruptWatch& watch) {
  while (true) {
    auto event = store.find_event(id, false);
    if (!event) return std::unexpected(event.error());
    if (!*event) return fail("event_not_found", fmt::format("the test {} is not in the store any more", id));
    if (!is_open((*event)->status) || std::chrono::steady_clock::now() >= until) return std::move(**event);
    if (watch.wait(kLook))
      return fail("interrupted", fmt::format("interrupted; it is still sent: yizhan trace {}", id));
  }
}

void print_outcome(const Context& context, const store::EventView& event) {
  if (context.options.json) {
    context.out() << JsonWriter()
                         .begin_object()
                         .text("id", event.event.id)
                         .text("platform", event.event.platform)
                         .text("status", to_string(event.status))
                         .text_or_null("last_error", event.last_error)
                         .end_object()
                         .take()
                  << '\n';
    return;
  }
  const bool delivered = event.status == EventStatus::kDelivered;
  const std::string_view verdict = delivered ? "delivered" : is_open(event.status) ? "not delivered yet" : "refused";
  context.out() << event.event.platform << "  "
                << styled(verdict, delivered ? Style::kGood : Style::kBad, context.terminal.color);
  if (delivered) {
    context.out() << '\n';
    return;
  }
  context.out() << (event.last_error.empty() ? "" : ": " + event.last_error)
                << fmt::format("\n  The whole story: yizhan trace {}\n", event.event.id);
  if (event.attempt_count == 0 && event.last_error.empty()) {
    context.out() << "  Does a service run on this store ('yizhan status'), with the role dispatch?\n";
  }
}

Result<ExitStatus> test(const Context& context, const TestOptions& options) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const auto platforms = platforms_of(loaded->config, options.channel);
  if (!platforms) return std::unexpected(platforms.error());
  const auto opened = Context::open_store(loaded->config);
  if (!opened) return std::unexpected(opened.error());
  InterruptWatch watch;
  const SteadyTime until = std::chrono::steady_clock::now() + Seconds{options.timeout_seconds};
  const auto ids = hand_over(*opened->store, *platforms, utc_now());
  if (!ids) return std::unexpected(ids.error());
  ExitStatus status = ExitStatus::kOk;
  for (const std::string& id : *ids) {
    const auto event = await_outcome(*opened->store, id, until, watch);
    if (!event) return std::unexpected(event.error());
    print_outcome(context, *event);
    if (event->status != EventStatus::kDelivered) status = ExitStatus::kFailed;
  }
  return status;
}

}  // namespace

void add_alerts(Command parent, Context& context) {
  auto listed = std::make_shared<AlertListOptions>();
  const Command command = add_command(
      parent, "alerts", "what is wrong now, and what was; try the channels",
      "The service watches for trouble and tells it to the alert channels: once when it begins, once in each window "
      "while it lasts, once when it is over. Exit status 3 when an alert is raised. With --json, one object a line.",
      {{"yizhan alerts", "what is wrong now"},
       {"yizhan alerts --all", "past ones, too"},
       {"yizhan alerts test", "does every channel take alerts?"}});
  command.group(kLookGroup);
  command.add_flag("--all", listed->all, "those that are over, too; newest first");
  command.add_option("--limit", listed->limit, "with --all: rows at most (100)").type_name("N").between(1, 1000);
  on_run(command, context, [&context, listed] { return list(context, *listed); });

  auto tested = std::make_shared<TestOptions>();
  const Command test_command = add_command(
      command, "test", "send a test alert, and say what came of it",
      "The running service sends it, as any alert. Exit status 0 when every channel took it, and 1 otherwise, with the "
      "reason.",
      {{"yizhan alerts test", "to every channel that gets alerts"}, {"yizhan alerts test ops", "to one"}});
  test_command.add_option("channel", tested->channel, "the name of an [alert_channels.NAME]").type_name("CHANNEL");
  test_command.add_option("--timeout", tested->timeout_seconds, "wait at most so many seconds (60)")
      .type_name("SECONDS")
      .between(1, 86400);
  on_run(test_command, context, [&context, tested] { return test(context, *tested); });
}

}  // namespace yizhan::cli

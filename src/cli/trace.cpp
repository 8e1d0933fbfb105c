#include <fmt/format.h>

#include <memory>
#include <ostream>
#include <set>
#include <string_view>

#include "base/trace_context.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/readable.h"
#include "cli/trace_bundle.h"
#include "cli/trace_story.h"

namespace yizhan::cli {
namespace {

struct TraceOptions {
  std::string key;
  std::string bundle;
};

std::string render(const TraceStory& story, UtcTime now, const Terminal& terminal) {
  std::string out;
  StoryWriter writer(terminal.width, terminal.color, out);
  out += writer.paint(story.key, Style::kStrong) + "  " + fmt::format("{}", fmt::join(story.found_as, ", ")) + "\n\n";
  const auto count = [&](std::size_t number, std::string_view singular, std::string_view plural) {
    if (number == 0) return std::string();
    return counted(static_cast<std::int64_t>(number), singular, plural);
  };
  writer.field("received", count(story.callbacks.size(), "callback", "callbacks"));
  writer.field("orders", count(story.orders.size(), "order", "orders"));
  writer.field("parcels", count(story.parcels.size(), "parcel", "parcels"));
  writer.field("notifications", count(story.notifications.size(), "notification", "notifications"));
  writer.field("devices", count(story.devices.size(), "device", "devices"));
  writer.field("events", count(story.events.size(), "event", "events"));
  std::set<std::string_view> traces;
  for (const EventStory& event : story.events) traces.insert(trace_id(event.event.event.traceparent));
  traces.erase(std::string_view());
  writer.field("trace", fmt::format("{}", fmt::join(traces, ", ")));
  if (story.cut) writer.field("cut", "there is more than is shown; the newest is here");
  writer.line();
  writer.moments(moments_of(story, now));
  writer.line();
  for (const std::string& step : next_steps(story, now)) writer.paragraph(step);
  return out;
}

Result<ExitStatus> run(const Context& context, const TraceOptions& options) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const auto opened = Context::open_store(loaded->config);
  if (!opened) return std::unexpected(opened.error());
  const auto story = find_trace(*opened->store, options.key, loaded->config);
  if (!story) return std::unexpected(story.error());
  const UtcTime now = utc_now();
  if (!options.bundle.empty()) {
    if (auto written = write_bundle(options.bundle, *story, now, loaded->config); !written) {
      return std::unexpected(written.error());
    }
    context.terminal.err << fmt::format("Wrote {}: without payloads, bodies and secrets.\n", options.bundle);
  }
  if (context.options.json) {
    context.out() << trace_json(*story, now);
  } else {
    context.out() << render(*story, now, context.terminal);
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_trace(Command parent, Context& context) {
  auto options = std::make_shared<TraceOptions>();
  const Command command = add_command(
      parent, "trace", "where is it? the whole way of one thing, by any of its names",
      "Takes an event id, a transaction id, an out_trade_no, a tracking number, a message id, a delivery id, an "
      "idempotency key, a correlation, a notification, a device's cid or a recipient, and tells in order of time: "
      "received from whom and judged how, stored as, what it changed, the events it caused, each attempt, each push, "
      "what it waits for, and what to do next.",
      {{"yizhan trace T20260206-1", "an order: the payment notice, what it paid, who was told"},
       {"yizhan trace SF1234567890", "a parcel: what the carrier said, and on which phones it was shown"},
       {"yizhan trace 4200001234202602061234567890 --bundle trace.json", "with a file to pass on to a colleague"}});
  command.group(kLookGroup);
  command.add_option("key", options->key, "any name of it").type_name("KEY").required();
  command
      .add_option("--bundle", options->bundle,
                  "also write a support file: everything on record without payloads and secrets, and a command that "
                  "repeats each delivery")
      .type_name("FILE");
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli

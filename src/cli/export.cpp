#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <ostream>

#include "api/export_json.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/paging.h"
#include "cli/progress.h"
#include "cli/readable.h"
#include "cli/selection_options.h"
#include "store/retention.h"
#include "store/session.h"

namespace yizhan::cli {
namespace {

/// Rows in memory at once, with their bodies.
constexpr int kExportedAtOnce = 100;

struct ExportOptions {
  SelectionOptions events;  ///< of callbacks: since and until only
  std::string source;
  std::string file;
};

Error unwritten(const std::string& file) {
  return {"output_failed",
          fmt::format("could not write {}: {}", file.empty() ? "the standard output" : file, std::strerror(errno))};
}

/// `write_page(page, out)` writes the lines of one page and answers how many, and sets page.after to 0 at the end.
Result<ExitStatus> stream(const Context& context, const ExportOptions& options, const char* label,
                          const std::function<Result<std::int64_t>(store::Page&, std::ostream&)>& write_page) {
  std::ofstream file;
  if (!options.file.empty()) {
    file.open(options.file, std::ios::binary | std::ios::trunc);
    if (!file) return std::unexpected(unwritten(options.file));
  }
  std::ostream& out = options.file.empty() ? context.out() : file;
  const InterruptWatch watch;
  Progress progress(context.terminal, label, 0);
  std::int64_t written = 0;
  store::Page page{.limit = kExportedAtOnce, .after = 0, .oldest_first = true};
  do {
    const auto lines = write_page(page, out);
    if (!lines) return std::unexpected(lines.error());
    if (!out.flush()) return std::unexpected(unwritten(options.file));
    written += *lines;
    progress.update(written);
    if (watch.interrupted()) return ExitStatus::kInterrupted;
  } while (page.after != 0);
  return ExitStatus::kOk;
}

Result<ExitStatus> export_events(const Context& context, const ExportOptions& options) {
  const auto selection = to_selection(options.events, utc_now());
  if (!selection) return std::unexpected(selection.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  return stream(context, options, "exporting", [&](store::Page& page, std::ostream& out) -> Result<std::int64_t> {
    const auto rows = (*opened)->list_events(*selection, page);
    if (!rows) return std::unexpected(rows.error());
    page.after = rows->next;
    std::vector<std::string> ids;
    for (const store::EventView& view : rows->rows) ids.push_back(view.event.id);
    std::vector<store::WholeEvent> events;
    const auto read = (*opened)->look([&](store::Session& session) -> Result<void> {
      auto whole = store::read_whole_events(session, ids);
      if (!whole) return std::unexpected(std::move(whole.error()));
      events = std::move(*whole);
      return {};
    });
    if (!read) return std::unexpected(read.error());
    for (const store::WholeEvent& event : events) out << api::event_line(event);
    return static_cast<std::int64_t>(events.size());
  });
}

Result<ExitStatus> export_callbacks(const Context& context, const ExportOptions& options) {
  const auto range = parse_range(options.events.since, options.events.until, utc_now());
  if (!range) return std::unexpected(range.error());
  const store::CallbackSelection selection{
      .source = options.source, .received_from = range->from, .received_until = range->until};
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  return stream(context, options, "exporting", [&](store::Page& page, std::ostream& out) -> Result<std::int64_t> {
    const auto rows = (*opened)->list_callbacks(selection, page);
    if (!rows) return std::unexpected(rows.error());
    page.after = rows->next;
    std::int64_t written = 0;
    for (const store::CallbackView& row : rows->rows) {
      const auto whole = (*opened)->find_callback(row.id, true);
      if (!whole) return std::unexpected(whole.error());
      if (!*whole) continue;  // deleted meanwhile
      out << api::callback_line(**whole);
      ++written;
    }
    return written;
  });
}

void add_range_and_output(Command command, ExportOptions& options, const char* verb) {
  command.add_option("--since,--from", options.events.since, fmt::format("only {} since: 2h, 7d, 2026-02-06", verb))
      .type_name("WHEN");
  command
      .add_option("--until,--before", options.events.until,
                  fmt::format("only {} before: 30d is 30 days ago, 2026-02-06", verb))
      .type_name("WHEN");
  command.add_option("--output", options.file, "write into this file, over what is there; otherwise to the screen")
      .type_name("FILE");
}

}  // namespace

void add_export(Command parent, Context& context) {
  const Command command = add_command(
      parent, "export", "write events or callbacks as lines of JSON, with everything that is known of them",
      "One object a line, oldest first, as the API shows it; however many there are, it takes little memory. The lines "
      "are those of retention.export_dir.",
      {{"yizhan export events --until 30d --output old.jsonl", "what was accepted more than 30 days ago"},
       {"yizhan export callbacks --source wxpay --since 1d | gzip > day.jsonl.gz", "what one source sent in a day"}});
  command.group(kLookGroup);

  auto event_options = std::make_shared<ExportOptions>();
  const Command events =
      add_command(command, "events", "events, each with its payload and its attempts",
                  "`payload` is the payload where it is JSON in one line, `payload_base64` its bytes otherwise; "
                  "`payload_removed_bytes` says that retention removed it.",
                  {{"yizhan export events --platform crm --status delivered --until 30d", "to the screen"},
                   {"yizhan export events --since 2026-02-01 --until 2026-03-01 --output february.jsonl", "a month"}});
  events.add_option("--platform", event_options->events.platform, "only of this platform").type_name("NAME");
  events.add_option("--type", event_options->events.event_type, "only of this event type").type_name("TYPE");
  events.add_option("--status", event_options->events.statuses, "only in this status; several with commas, or repeated")
      .type_name("pending|retrying|delivered|dead_letter|discarded")
      .one_value_each()
      .comma_separated();
  add_range_and_output(events, *event_options, "accepted");
  on_run(events, context, [&context, event_options] { return export_events(context, *event_options); });

  auto callback_options = std::make_shared<ExportOptions>();
  const Command callbacks =
      add_command(command, "callbacks", "callbacks, each with its keys, its headers and its body",
                  "`body` is the body where it is UTF-8, `body_base64` its bytes otherwise; `body_removed_bytes` says "
                  "that retention removed it.",
                  {{"yizhan export callbacks --until 90d --output callbacks.jsonl", "those older than 90 days"},
                   {"yizhan export callbacks --source github", "one source's, to the screen"}});
  callbacks.add_option("--source", callback_options->source, "only of this source").type_name("NAME");
  add_range_and_output(callbacks, *callback_options, "received");
  on_run(callbacks, context, [&context, callback_options] { return export_callbacks(context, *callback_options); });
}

}  // namespace yizhan::cli

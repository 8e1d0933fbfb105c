#include <fmt/format.h>

#include <climits>
#include <memory>

#include "api/audit_json.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/moments.h"
#include "cli/paging.h"
#include "cli/readable.h"
#include "store/audit.h"

namespace yizhan::cli {
namespace {

struct AuditOptions {
  store::AuditSelection selection;
  std::string origin;
  std::string since;
  std::string until;
  int limit = 50;
  bool oldest_first = false;
};

Result<store::AuditSelection> to_selection(const AuditOptions& options) {
  store::AuditSelection selection = options.selection;
  if (!options.origin.empty()) {
    selection.origin = store::parse_audit_origin(options.origin);
    if (!selection.origin) {
      return fail("usage_invalid",
                  fmt::format("--origin: '{}' is none of cli, api, console, sql, service", options.origin));
    }
  }
  const auto range = parse_range(options.since, options.until, utc_now());
  if (!range) return std::unexpected(range.error());
  selection.from = range->from;
  selection.until = range->until;
  return selection;
}

Result<ExitStatus> list(const Context& context, const AuditOptions& options) {
  const auto selection = to_selection(options);
  if (!selection) return std::unexpected(selection.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  Table table({{"TIME (UTC)"},
               {"WHO", Align::kLeft, true},
               {"BY"},
               {"ACTION"},
               {"OBJECT", Align::kLeft, true},
               {"COUNT", Align::kRight},
               {"REASON", Align::kLeft, true},
               {"DETAIL", Align::kLeft, true}});
  const auto fetch = [&](const store::Page& page) { return store::list_audit(*opened->store, *selection, page); };
  const auto more = for_each_row(options.limit, options.oldest_first, fetch, [&](const store::AuditEntry& entry) {
    if (context.options.json) {
      context.out() << json_line(api::write_audit_entry, entry);
      return;
    }
    table.add_row({{readable_time(entry.at)},
                   {entry.actor},
                   {store::to_string(entry.origin)},
                   {entry.outcome == "done" ? entry.action : fmt::format("{} ({})", entry.action, entry.outcome)},
                   {entry.object},
                   {entry.count ? readable_count(*entry.count) : ""},
                   {entry.reason},
                   {entry.detail == "{}" ? "" : entry.detail}});
  });
  if (!more) return std::unexpected(more.error());
  return print_list(context, table, *more, options.oldest_first, "Nothing was done that this asks for.");
}

void add_selection(Command command, AuditOptions& options) {
  command.add_option("--actor", options.selection.actor, "only where this text is in who did it").type_name("TEXT");
  command.add_option("--action", options.selection.action, "only this action, or its first word: replay")
      .type_name("ACTION");
  command.add_option("--object", options.selection.object, "only about this event, key, order or replay")
      .type_name("ID");
  command.add_option("--origin", options.origin, "only from there").type_name("cli|api|console|sql|service");
  command.add_option("--since,--from", options.since, "only since: 15m, 2h, 7d, 2026-02-06, 2026-02-06T08:30:00Z")
      .type_name("WHEN");
  command.add_option("--until", options.until, "only before").type_name("WHEN");
}

}  // namespace

void add_audit(Command parent, Context& context) {
  const Command audit =
      add_command(parent, "audit", "who did what: replays, discards, keys, endpoints, orders, edits by hand",
                  "Every change that people make is on record with who made it: by the command line (the system's user "
                  "and host, or "
                  "YIZHAN_ACTOR), by the API (its key), by SQL on the outbox. Entries are never changed or removed; "
                  "whoever owns the "
                  "database could still do that by dropping its triggers.",
                  {{"yizhan audit list --since 1d", "what was done today"},
                   {"yizhan audit list --action replay --actor lin", "which replays did lin begin, pause or cancel?"},
                   {"yizhan audit export --since 30d > audit.jsonl", "for somebody else to keep"}});
  audit.group(kLookGroup);

  auto listed = std::make_shared<AuditOptions>();
  const Command list_command =
      add_command(audit, "list", "list what was done, newest first", "With --json, one object a line.",
                  {{"yizhan audit list --object 0198c0de-0000-7000-8000-000000000000", "who touched this event?"},
                   {"yizhan audit list --origin sql --since 7d", "edits by hand of this week"}});
  add_selection(list_command, *listed);
  list_command.add_option("--limit", listed->limit, "at most so many (50)").type_name("N").positive();
  list_command.add_flag("--oldest-first", listed->oldest_first, "the oldest first");
  on_run(list_command, context, [&context, listed] { return list(context, *listed); });

  auto exported = std::make_shared<AuditOptions>();
  exported->limit = INT_MAX;
  exported->oldest_first = true;
  const Command export_command = add_command(audit, "export", "print everything that was done, one JSON object a line",
                                             "", {{"yizhan audit export > audit.jsonl", "all of it, oldest first"}});
  add_selection(export_command, *exported);
  on_run(export_command, context, [&context, exported] {
    context.options.json = true;
    return list(context, *exported);
  });
}

}  // namespace yizhan::cli

#include <fmt/format.h>

#include <istream>
#include <iterator>
#include <memory>
#include <ostream>

#include "cli/audit_entry.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/json_output.h"
#include "cli/line_editor.h"
#include "cli/sql_output.h"
#include "cli/sql_text.h"

namespace yizhan::cli {
namespace {

/// Of a statement, in the audit trail.
constexpr std::size_t kRecordedBytes = 2000;

constexpr std::string_view kTablesQuery =
    "SELECT 'cs_platform_event_outbox' AS name, 'every event and its state' AS holds UNION ALL "
    "SELECT 'cs_platform_event_delivery_attempts', 'every attempt to deliver' UNION ALL "
    "SELECT 'cs_platform_event_dead_letters', 'events whose every attempt failed' UNION ALL "
    "SELECT 'outbox_endpoints', 'endpoints that are disabled' UNION ALL "
    "SELECT 'inbound_callbacks', 'every callback that came in' UNION ALL "
    "SELECT 'pay_orders', 'orders that payment notices pay' UNION ALL "
    "SELECT 'platform_express_waybills', 'parcels and their state' UNION ALL "
    "SELECT 'platform_express_tracking_events', 'what carriers said of them' UNION ALL "
    "SELECT 'platform_express_event_raw', 'carriers'' callbacks as they came' UNION ALL "
    "SELECT 'ml_orders', 'whose a parcel is' UNION ALL "
    "SELECT 'notify_queue', 'what somebody has to be told' UNION ALL "
    "SELECT 'express_notifications', 'notifications and whether they were sent' UNION ALL "
    "SELECT 'push_devices', 'phones' UNION ALL "
    "SELECT 'push_deliveries', 'each notification on each phone'";

constexpr std::string_view kShellHelp =
    "End a statement with ';'. It may span lines; Ctrl-C forgets it, Ctrl-R searches the history, Ctrl-D leaves.\n"
    "  \\d      the tables of the runbook\n"
    "  \\q      leave\n"
    "What is waiting:\n"
    "  SELECT id, platform, status, attempt_count, next_attempt_at, last_error FROM cs_platform_event_outbox\n"
    "   WHERE status IN ('pending', 'retrying') ORDER BY next_attempt_at LIMIT 20;\n"
    "What was told about a parcel:\n"
    "  SELECT id, aud, recipient_id, send_status, last_error FROM express_notifications WHERE tracking_no = '…';\n"
    "Send one again:\n"
    "  UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = NOW(), last_error = NULL WHERE id = "
    "'…';\n";

/// In the words of the same connection, so that it goes the way of a transaction that is open: with it, or not at all.
void put_on_record(const Context& context, store::Store& store, std::string_view text, std::int64_t changed_rows) {
  store::AuditEntry entry = audit_entry(context, "sql");
  entry.count = changed_rows;
  entry.detail =
      JsonWriter().begin_object().text("statement", without_values(text, kRecordedBytes)).end_object().take();
  if (const auto done = store.sql(store::audit_statement(entry)); !done) {
    context.terminal.err << fmt::format("This was not put on the audit trail: {} [{}]\n",
                                        printable(done.error().message), done.error().code);
  }
}

Result<void> run_text(const Context& context, store::Store& store, std::string_view text) {
  const auto results = store.sql(text);
  if (!results) return std::unexpected(results.error());
  std::int64_t changed_rows = 0;
  for (const store::SqlResult& result : *results) changed_rows += result.changed_rows;
  if (changed_rows > 0 || !only_looks(text)) put_on_record(context, store, text, changed_rows);
  bool first = true;
  for (const store::SqlResult& result : *results) {
    if (context.options.json) {
      context.out() << sql_result_json(result) << '\n';
      continue;
    }
    if (!first) context.out() << '\n';
    first = false;
    context.out() << sql_result_text(result, context.terminal);
  }
  context.out().flush();
  return {};
}

enum class Meta { kNone, kQuit, kHelp, kTables };

Meta meta_command(std::string_view line) {
  while (line.ends_with(' ') || line.ends_with(';')) line.remove_suffix(1);
  if (line == "\\q" || line == ".quit" || line == ".exit" || line == "quit" || line == "exit") return Meta::kQuit;
  if (line == "\\?" || line == "\\h" || line == ".help" || line == "help") return Meta::kHelp;
  if (line == "\\d" || line == "\\dt" || line == ".tables") return Meta::kTables;
  return Meta::kNone;
}

Result<ExitStatus> run_shell(const Context& context, store::Store& store) {
  context.out() << "SQL on the configured store. \\? explains, \\q leaves.\n" << std::flush;
  LineEditor editor(history_file_path());
  std::string statement;
  while (auto line = editor.read(statement.empty() ? "yizhan> " : "   ...> ")) {
    if (line->abandoned) {
      statement.clear();
      continue;
    }
    std::string_view text_to_run;
    const Meta meta = statement.empty() ? meta_command(line->text) : Meta::kNone;
    if (meta == Meta::kQuit) break;
    if (meta == Meta::kHelp) {
      context.out() << kShellHelp << std::flush;
      continue;
    }
    if (meta == Meta::kTables) {
      text_to_run = kTablesQuery;
    } else {
      if (!statement.empty()) statement += '\n';
      statement += line->text;
      if (!ends_statement(statement)) continue;
      text_to_run = statement;
      if (statement.find_first_not_of(" \t") != std::string::npos) editor.remember(statement);
    }
    if (text_to_run.find_first_not_of(" \t\n") != std::string_view::npos) {
      if (const auto done = run_text(context, store, text_to_run); !done) {
        context.terminal.err << fmt::format("{} [{}]\n", printable(done.error().message), done.error().code)
                             << std::flush;
      }
    }
    statement.clear();
  }
  return ExitStatus::kOk;
}

Result<ExitStatus> run(const Context& context, const std::string& statement) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  std::string text = statement;
  if (text.empty()) {
    if (context.terminal.in_is_terminal && context.terminal.out_is_terminal) return run_shell(context, *opened->store);
    text.assign(std::istreambuf_iterator<char>(context.terminal.in), std::istreambuf_iterator<char>());
  }
  if (const auto done = run_text(context, *opened->store, text); !done) return std::unexpected(done.error());
  return ExitStatus::kOk;
}

}  // namespace

void add_sql(Command parent, Context& context) {
  auto statement = std::make_shared<std::string>();
  const Command command = add_command(
      parent, "sql", "run SQL on the store: a statement, a script, or a shell",
      "The runbook's dialect on either store: NOW() and the schema public exist on SQLite too. On the running system "
      "what is changed by hand is honoured at the next poll. With --json one object for each statement.",
      {{"yizhan sql \"SELECT id, status, last_error FROM cs_platform_event_outbox WHERE status = 'retrying'\"",
        "one statement"},
       {"yizhan sql < runbook.sql", "a script"},
       {"yizhan sql", "on a terminal: a shell with history"}});
  command.group(kLookGroup);
  command.add_option("statement", *statement, "one or several statements; without it, standard input").type_name("SQL");
  on_run(command, context, [&context, statement] { return run(context, *statement); });
}

}  // namespace yizhan::cli

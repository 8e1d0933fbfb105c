#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/ledger.h"
#include "cli/readable.h"
#include "cli/selection_options.h"
#include "cli/table.h"
#include "domain/ledger.h"

namespace yizhan::cli {
namespace {

struct LedgerOptions {
  SelectionOptions range;  ///< since and until only
  bool by_minute = false;
};

std::string balance(const LedgerLine& line) {
  const std::int64_t mismatch = line.mismatch();
  if (mismatch == 0) return "balances";
  return mismatch > 0 ? fmt::format("{} missing", readable_count(mismatch))
                      : fmt::format("{} counted twice", readable_count(-mismatch));
}

std::vector<Cell> cells(const LedgerLine& line, const std::string& name, bool by_minute) {
  const auto number = [](std::int64_t count, Style style) {
    return Cell(readable_count(count), count == 0 ? Style::kFaint : style);
  };
  std::vector<Cell> row{Cell(name)};
  if (by_minute) row.emplace_back(line.minute ? readable_time(*line.minute).substr(0, 16) : "");
  row.push_back(number(line.accepted, Style::kStrong));
  row.push_back(number(line.delivered, Style::kGood));
  row.push_back(number(line.pending, Style::kPlain));
  row.push_back(number(line.retrying, Style::kWarning));
  row.push_back(number(line.dead_letter, Style::kBad));
  row.push_back(number(line.discarded, Style::kPlain));
  row.emplace_back(balance(line), line.mismatch() == 0 ? Style::kGood : Style::kBad);
  return row;
}

Result<ExitStatus> run(const Context& context, const LedgerOptions& options) {
  const auto range = to_selection(options.range, utc_now());
  if (!range) return std::unexpected(range.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto ledger = (*opened)->ledger({range->created_from, range->created_until}, options.by_minute);
  if (!ledger) return std::unexpected(ledger.error());
  context.out() << (context.options.json ? ledger_json(*ledger)
                                         : ledger_text(*ledger, options.by_minute, context.terminal));
  return ledger->balanced() ? ExitStatus::kOk : ExitStatus::kNeedsAttention;
}

}  // namespace

std::string ledger_json(const Ledger& ledger) {
  JsonWriter writer;
  writer.begin_object();
  api::write_ledger_members(writer, ledger.total());
  writer.boolean("balanced", ledger.balanced()).key("platforms").begin_array();
  for (const LedgerLine& line : ledger.lines) api::write_ledger_line(writer, line, true);
  return writer.end_array().end_object().take() + '\n';
}

std::string ledger_text(const Ledger& ledger, bool by_minute, const Terminal& terminal) {
  if (ledger.lines.empty()) return "No events: nothing to account for.\n";
  std::vector<Column> columns{{"PLATFORM", Align::kLeft, true}};
  if (by_minute) columns.push_back({"MINUTE (UTC)"});
  for (const char* title : {"ACCEPTED", "DELIVERED", "PENDING", "RETRYING", "DEAD LETTER", "DISCARDED"}) {
    columns.push_back({title, Align::kRight});
  }
  columns.push_back({"SUM"});
  Table table(std::move(columns));
  for (const LedgerLine& line : ledger.lines) table.add_row(cells(line, line.platform, by_minute));
  table.add_rule();
  table.add_row(cells(ledger.total(), "all", by_minute));
  std::string text = table.render(terminal);
  text += ledger.balanced()
              ? "\nEvery accepted event is in exactly one state.\n"
              : "\nThe ledger does not balance: rows were lost or doubled, or were changed below the views. See "
                "docs/operations.md, 'The ledger does not sum up'.\n";
  return text;
}

void add_ledger(Command parent, Context& context) {
  auto options = std::make_shared<LedgerOptions>();
  const Command command = add_command(
      parent, "ledger", "account for every event: accepted = delivered + pending + retrying + dead letters + discarded",
      "Counted from the rows, for each platform. Exit status 3 when it does not balance. Reads every event of the "
      "range: "
      "seconds for millions. With --json one object: the totals, and `platforms` with a line for each.",
      {{"yizhan ledger", "where everything is"},
       {"yizhan ledger --since 1h --by-minute", "the last hour, minute by minute"},
       {"yizhan ledger --json || alert", "for a program that watches"}});
  command.group(kLookGroup);
  command.add_option("--since", options->range.since, "only events accepted since: 15m, 2h, 7d, 2026-02-06")
      .type_name("WHEN");
  command.add_option("--until", options->range.until, "only events accepted before").type_name("WHEN");
  command.add_flag("--by-minute", options->by_minute, "a line for each minute in which events were accepted");
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli

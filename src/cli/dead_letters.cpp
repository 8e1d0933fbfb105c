#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/paging.h"
#include "cli/readable.h"
#include "cli/selection_options.h"
#include "cli/table.h"

namespace yizhan::cli {
namespace {

struct DeadLettersOptions {
  SelectionOptions selection;
  int limit = 50;
};

Result<ExitStatus> run(const Context& context, const DeadLettersOptions& options) {
  const UtcTime now = utc_now();
  const auto selection = to_selection(options.selection, now);
  if (!selection) return std::unexpected(selection.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  Table table({{"EVENT"},
               {"PLATFORM", Align::kLeft, true},
               {"TYPE", Align::kLeft, true},
               {"ATTEMPTS", Align::kRight},
               {"CLASS"},
               {"AGE", Align::kRight},
               {"FINAL ERROR", Align::kLeft, true}});
  const auto more = for_each_row(
      options.limit, false, [&](const store::Page& page) { return (*opened)->list_dead_letters(*selection, page); },
      [&](const store::DeadLetterView& dead_letter) {
        if (context.options.json) {
          context.out() << json_line(api::write_dead_letter, dead_letter);
          return;
        }
        table.add_row({{dead_letter.event_id},
                       {dead_letter.platform},
                       {dead_letter.event_type},
                       {std::to_string(dead_letter.attempt_count)},
                       {dead_letter.error_class, Style::kBad},
                       {short_span(now - dead_letter.created_at)},
                       {dead_letter.final_error}});
      });
  if (!more) return std::unexpected(more.error());
  if (context.options.json) return ExitStatus::kOk;
  if (table.empty()) {
    context.out() << (selects_everything(options.selection) ? "No dead letters.\n" : "No dead letter matches.\n");
    return ExitStatus::kOk;
  }
  context.out()
      << table.render(context.terminal)
      << "\nWhen the cause is mended: 'yizhan replay ID …', or 'yizhan replay --platform NAME' for all of one.\n";
  if (*more) context.out() << "There are more: --limit.\n";
  return ExitStatus::kOk;
}

}  // namespace

void add_dead_letters(Command parent, Context& context) {
  auto options = std::make_shared<DeadLettersOptions>();
  const Command command = add_command(parent, "dead-letters", "list the events whose every attempt failed",
                                      "With --json, one object a line.",
                                      {{"yizhan dead-letters", "the newest 50"},
                                       {"yizhan dead-letters --platform sub2api --error-class timeout --since 1d",
                                        "those that timed out at one platform since yesterday"},
                                       {"yizhan replay --platform sub2api --error-class timeout", "send those again"}});
  command.group(kLookGroup);
  command.alias("dead-letter");
  add_selection_options(command, options->selection, true, false);
  command.add_option("--limit", options->limit, "rows at most (50)").type_name("N").positive();
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli

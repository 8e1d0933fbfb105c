#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "cli/table.h"
#include "cli/timeline.h"

namespace yizhan::cli {
namespace {

struct AttemptsOptions {
  std::string event_id;
  int limit = 50;
};

std::string answer(const store::AttemptView& attempt) {
  return attempt.response_status > 0 ? std::to_string(attempt.response_status) : "–";
}

Result<ExitStatus> run(const Context& context, const AttemptsOptions& options) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto attempts = (*opened)->attempts(options.event_id, options.limit);
  if (!attempts) return std::unexpected(attempts.error());
  if (context.options.json) {
    for (const store::AttemptView& attempt : *attempts) context.out() << json_line(api::write_attempt, attempt);
    return ExitStatus::kOk;
  }
  if (attempts->empty()) {
    context.out() << (options.event_id.empty() ? "No attempt has been made yet.\n"
                                               : "No attempt has been made for that event.\n");
    return ExitStatus::kOk;
  }
  Table table({{"BEGAN (UTC)"},
               {"EVENT"},
               {"NO", Align::kRight},
               {"ANSWER", Align::kRight},
               {"CLASS"},
               {"TOOK", Align::kRight},
               {"ERROR", Align::kLeft, true}});
  for (const store::AttemptView& attempt : *attempts) {
    const Style style = attempt.error_class.empty() ? Style::kGood : Style::kWarning;
    table.add_row({{readable_time(attempt.created_at)},
                   {attempt.event_id},
                   {std::to_string(attempt.attempt_no)},
                   {answer(attempt), style},
                   {attempt.error_class, style},
                   {readable_span(Milliseconds(attempt.duration_ms))},
                   {error_beyond_status(attempt)}});
  }
  context.out() << table.render(context.terminal);
  return ExitStatus::kOk;
}

}  // namespace

void add_attempts(Command parent, Context& context) {
  auto options = std::make_shared<AttemptsOptions>();
  const Command command =
      add_command(parent, "attempts", "list attempts to deliver: the newest, or those of one event",
                  "With --json, one object a line, with the beginning of each response.",
                  {{"yizhan attempts", "the newest 50 of all events"},
                   {"yizhan attempts 0198c0de-0000-7000-8000-000000000000", "those of one event, in their order"}});
  command.group(kLookGroup);
  command.add_option("event-id", options->event_id, "the event").type_name("ID");
  command.add_option("--limit", options->limit, "rows at most (50)").type_name("N").positive();
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli

#include <fmt/format.h>

#include <memory>

#include "cli/audit_entry.h"
#include "cli/bulk_change.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/paging.h"
#include "cli/selection_options.h"

namespace yizhan::cli {
namespace {

struct DiscardOptions {
  SelectionOptions selection;
  BulkOptions bulk;
  std::string reason;
};

constexpr BulkWords kDiscardWords{"Discard", "discarding", "Discarded", "discarded"};

Result<ExitStatus> run(const Context& context, const DiscardOptions& options) {
  if (selects_everything(options.selection)) {
    return fail("usage_invalid", "say which events: ids, or a selection such as --platform NAME --status dead_letter");
  }
  auto selection = to_selection(options.selection, utc_now());
  if (!selection) return std::unexpected(selection.error());
  for (const EventStatus status : selection->statuses) {
    if (!is_open(status) && status != EventStatus::kDeadLetter) {
      return fail("usage_invalid",
                  fmt::format("--status: {} events are not waiting for anything; only pending, retrying "
                              "and dead_letter ones can be discarded",
                              to_string(status)));
    }
  }
  if (selection->statuses.empty()) {
    selection->statuses = {EventStatus::kPending, EventStatus::kRetrying, EventStatus::kDeadLetter};
  }
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  return change_events(context, *opened->store, std::move(*selection), options.bulk, kDiscardWords,
                       [&](store::Store& store, const store::Selection& chunk) {
                         return store::discard_audited(store, audit_entry(context, {}), chunk, options.reason,
                                                       utc_now());
                       });
}

}  // namespace

void add_discard(Command parent, Context& context) {
  auto options = std::make_shared<DiscardOptions>();
  const Command command = add_command(
      parent, "discard", "give events up, with a reason on record",
      "Open events and dead letters are closed without being delivered; the ledger counts them as discarded. They are "
      "not deleted. What was discarded is not replayed: to take it back set its status to pending with 'yizhan sql'.",
      {{"yizhan discard 0198c0de-0000-7000-8000-000000000000 --reason 'refunded by hand'", "one event"},
       {"yizhan discard --platform newapi --until 30d --reason 'too old to matter' --preview",
        "how many would it be?"}});
  command.group(kActGroup);
  add_selection_options(command, options->selection, true, true);
  command.add_option("--reason", options->reason, "why; shown with the event").type_name("TEXT").required();
  add_bulk_options(command, options->bulk);
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli

#include <fmt/format.h>

#include <memory>

#include "cli/bulk_change.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/paging.h"
#include "cli/selection_options.h"

namespace yizhan::cli {
namespace {

struct Options {
  SelectionOptions selection;
  BulkOptions bulk;
  bool all = false;
};

constexpr BulkWords kWords{"Replay", "replaying", "Replayed", "replayed"};

Result<ExitStatus> run(const Context& context, const Options& options) {
  if (selects_everything(options.selection) && !options.all) {
    return fail("usage_invalid",
                "say which events: ids, a selection such as --platform NAME, or --all for every dead letter");
  }
  auto selection = to_selection(options.selection, utc_now());
  if (!selection) return std::unexpected(selection.error());
  if (selection->statuses.empty()) {
    // Named events are meant, whatever became of them; a selection means what failed.
    selection->statuses = selection->ids.empty() ? std::vector{EventStatus::kDeadLetter}
                                                 : std::vector{EventStatus::kDeadLetter, EventStatus::kRetrying,
                                                               EventStatus::kDelivered, EventStatus::kDiscarded};
  }
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  return change_events(
      context, *opened->store, std::move(*selection), options.bulk, kWords,
      [](store::Store& store, const store::Selection& chunk) { return store.replay(chunk, kPageRows, utc_now()); });
}

}  // namespace

void add_replay(CLI::App& parent, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(
      parent, "replay", "send events again: set them back to pending, for a new run of the schedule",
      "A selection means dead letters, unless --status says otherwise; events named by their ids are replayed whatever "
      "became of them. Their attempts are kept. On a terminal it says how many it will be and asks; Ctrl-C stops it, "
      "and what was replayed until then stays so.",
      {{"yizhan replay 0198c0de-0000-7000-8000-000000000000", "one event"},
       {"yizhan replay --platform sub2api --error-class timeout --since 1d --preview", "how many would it be?"},
       {"yizhan replay --platform sub2api --rate 50", "all dead letters of a platform, 50 a second"}});
  command->group(kActGroup);
  add_selection_options(*command, options->selection, true, true);
  command->add_flag("--all", options->all, "every dead letter of every platform");
  add_bulk_options(*command, options->bulk);
  on_run(*command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli

#include "cli/bulk_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <ostream>
#include <string>

#include "cli/interrupt.h"
#include "cli/json_output.h"
#include "cli/paging.h"
#include "cli/progress.h"
#include "cli/readable.h"
#include "cli/selection_options.h"

namespace yizhan::cli {
namespace {

/// At a rate, this many chunks a second: small enough that the platform sees an even stream.
constexpr double kChunksPerSecond = 10;

bool confirmed(const Terminal& terminal, const std::string& question) {
  terminal.err << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(terminal.in, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int chunk_rows(double rate_per_second) {
  if (rate_per_second <= 0) return kPageRows;
  return std::clamp(static_cast<int>(rate_per_second / kChunksPerSecond), 1, kPageRows);
}

std::string which_events(const store::Selection& selection) {
  if (!selection.ids.empty()) return "";
  const std::string conditions = describe(selection);
  return conditions.empty() ? "" : fmt::format(" ({})", conditions);
}

struct Outcome {
  std::int64_t changed = 0;
  bool interrupted = false;
};

Result<Outcome> go_through(const Context& context, store::Store& store, const store::Selection& selection,
                           std::int64_t total, const BulkOptions& options, const BulkWords& words,
                           const BulkChange& change) {
  const InterruptWatch watch;
  Progress progress(context.terminal, std::string(words.in_progress), total);
  const SteadyTime started = std::chrono::steady_clock::now();
  Outcome outcome;
  std::int64_t seen = 0;
  store::Page page{.limit = chunk_rows(options.rate_per_second), .after = 0, .oldest_first = true};
  while (true) {
    const auto rows = store.list_events(selection, page);
    if (!rows) return std::unexpected(rows.error());
    store::Selection chunk;
    chunk.statuses = selection.statuses;
    for (const store::EventView& event : rows->rows) chunk.ids.push_back(event.event.id);
    if (!chunk.ids.empty()) {
      const auto changed = change(store, chunk);
      if (!changed) return std::unexpected(changed.error());
      outcome.changed += *changed;
    }
    seen += static_cast<std::int64_t>(chunk.ids.size());
    progress.update(seen);
    if (rows->next == 0) return outcome;
    page.after = rows->next;
    if (options.rate_per_second > 0) {
      const std::chrono::duration<double> due(static_cast<double>(seen) / options.rate_per_second);
      watch.wait(std::chrono::duration_cast<Microseconds>(started + due - std::chrono::steady_clock::now()));
    }
    if (watch.interrupted()) {
      outcome.interrupted = true;
      return outcome;
    }
  }
}

}  // namespace

void add_bulk_options(Command command, BulkOptions& options) {
  command.add_flag("--preview,--dry-run", options.preview, "only say how many events it would be");
  command.add_flag("-y,--yes", options.yes, "do not ask; without a terminal nothing is asked either");
  command.add_option("--rate", options.rate_per_second, "events a second at most; default: no limit")
      .type_name("N")
      .positive();
}

std::string would_change(std::int64_t total, const store::Selection& selection, const BulkWords& words) {
  return fmt::format("{} would be {}{}.\n", counted(total, "event", "events"), words.json_field,
                     which_events(selection));
}

bool asks(const Context& context, const BulkOptions& options) {
  return !options.yes && context.terminal.in_is_terminal && context.terminal.err_is_terminal;
}

Result<void> confirm(const Context& context, const BulkOptions& options, std::int64_t total,
                     const store::Selection& selection, const BulkWords& words) {
  if (!asks(context, options)) return {};
  const std::string question =
      fmt::format("{} {}{}?", words.verb, counted(total, "event", "events"), which_events(selection));
  if (!confirmed(context.terminal, question)) return fail("not_confirmed", "nothing was changed");
  return {};
}

Result<ExitStatus> change_events(const Context& context, store::Store& store, store::Selection selection,
                                 const BulkOptions& options, const BulkWords& words, const BulkChange& change) {
  const store::Selection given = selection;
  if (!selection.created_until && selection.ids.empty()) selection.created_until = utc_now();
  const auto total = store.count(selection);
  if (!total) return std::unexpected(total.error());
  if (options.preview) {
    if (context.options.json) {
      context.out() << JsonWriter().begin_object().number("matching", *total).end_object().take() << '\n';
    } else {
      context.out() << would_change(*total, given, words);
    }
    return ExitStatus::kOk;
  }
  if (*total > 0) {
    if (auto allowed = confirm(context, options, *total, given, words); !allowed) {
      return std::unexpected(allowed.error());
    }
  }
  const auto outcome = go_through(context, store, selection, *total, options, words, change);
  if (!outcome) return std::unexpected(outcome.error());
  if (context.options.json) {
    context.out() << JsonWriter()
                         .begin_object()
                         .number("matching", *total)
                         .number(words.json_field, outcome->changed)
                         .boolean("interrupted", outcome->interrupted)
                         .end_object()
                         .take()
                  << '\n';
  } else if (*total == 0) {
    context.out() << fmt::format("No event matches{}: nothing to do.\n", which_events(given));
  } else {
    context.out() << fmt::format(
        "{} {}{}.\n", words.done, counted(outcome->changed, "event", "events"),
        outcome->interrupted ? fmt::format(" of {}, then interrupted", readable_count(*total)) : "");
  }
  return outcome->interrupted ? ExitStatus::kInterrupted : ExitStatus::kOk;
}

}  // namespace yizhan::cli

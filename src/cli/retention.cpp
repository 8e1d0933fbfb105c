#include <fmt/format.h>

#include <memory>
#include <numeric>
#include <ostream>

#include "app/retention.h"
#include "cli/audit_entry.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/json_output.h"
#include "cli/progress.h"
#include "cli/readable.h"
#include "cli/table.h"
#include "store/retention_pass.h"

namespace yizhan::cli {
namespace {

struct RetentionOptions {
  bool dry_run = false;
};

using Counts = std::array<std::int64_t, kRetentionKinds>;

std::int64_t sum(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

void write_counts(JsonWriter& writer, std::string_view name, const Counts& counts) {
  writer.key(name).begin_object();
  for (std::size_t kind = 0; kind < kRetentionKinds; ++kind) {
    writer.number(to_string(static_cast<RetentionKind>(kind)), counts[kind]);
  }
  writer.end_object();
}

std::string age_text(std::chrono::days age, std::string_view for_ever) {
  return age.count() == 0 ? std::string(for_ever) : fmt::format("{} days", age.count());
}

/// What 0 days means, by kind.
std::string_view without_age(RetentionKind kind) {
  switch (kind) {
    case RetentionKind::kEventBodies:
    case RetentionKind::kAttempts:
      return "with the event";
    case RetentionKind::kCallbackBodies:
      return "with the callback";
    default:
      return "for ever";
  }
}

std::string counts_table(const store::RetentionPlan& plan, const Counts& counts, std::string_view title,
                         const Terminal& terminal) {
  Table table({{"WHAT"}, {"KEPT"}, {std::string(title), Align::kRight}});
  for (std::size_t kind = 0; kind < kRetentionKinds; ++kind) {
    const auto of = static_cast<RetentionKind>(kind);
    table.add_row({to_string(of), age_text(plan.ages[of], without_age(of)),
                   Cell(readable_count(counts[kind]), counts[kind] == 0 ? Style::kFaint : Style::kStrong)});
  }
  return table.render(terminal);
}

std::string passes_text(const store::RetentionState& state, bool enabled, UtcTime now) {
  std::string text;
  if (!enabled) text += "Retention is off (retention.enabled): nothing is deleted.\n";
  text += state.last_at ? fmt::format("The last pass ended {} and removed {}.", relative_time(*state.last_at, now),
                                      counted(state.last_removed, "row", "rows"))
                        : std::string("No pass was made yet.");
  if (!state.holder.empty()) return text + " One is being made.\n";
  if (state.next_at && *state.next_at > now)
    text += fmt::format(" The next is due {}.", relative_time(*state.next_at, now));
  return text + '\n';
}

Result<ExitStatus> status(const Context& context) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const config::RetentionSection& section = loaded->config.retention;
  const auto opened = Context::open_store(loaded->config);
  if (!opened) return std::unexpected(opened.error());
  const UtcTime now = utc_now();
  const store::RetentionPlan plan = app::retention_plan(section);
  const auto state = store::retention_state(*opened->store);
  if (!state) return std::unexpected(state.error());
  const auto space = store::store_space(*opened->store, plan.quota_bytes, now);
  if (!space) return std::unexpected(space.error());
  const auto due = store::look_at_pass(*opened->store, plan, now);
  if (!due) return std::unexpected(due.error());
  const bool attention = space->used_share() >= kSpaceWarning;
  if (!context.options.json) {
    context.out() << counts_table(plan, *due, "DUE", context.terminal) << '\n'
                  << passes_text(*state, section.enabled, now) << app::readable_space(*space) << '\n';
    return attention ? ExitStatus::kNeedsAttention : ExitStatus::kOk;
  }
  JsonWriter writer;
  writer.begin_object().boolean("enabled", section.enabled);
  write_counts(writer, "due", *due);
  writer.boolean("running", !state->holder.empty()).time_or_null("next_at", state->next_at);
  writer.time_or_null("last_at", state->last_at).number("last_removed", state->last_removed);
  writer.number("used_bytes", space->used_bytes).number("quota_bytes", space->quota_bytes);
  writer.key("days_left");
  space->days_left ? writer.raw(fmt::format("{:.1f}", *space->days_left)) : writer.null();
  context.out() << writer.end_object().take() << '\n';
  return attention ? ExitStatus::kNeedsAttention : ExitStatus::kOk;
}

Result<ExitStatus> report(const Context& context, const store::RetentionPlan& plan, const Counts& counts, bool dry_run,
                          bool interrupted) {
  if (context.options.json) {
    JsonWriter writer;
    writer.begin_object().boolean("dry_run", dry_run);
    write_counts(writer, dry_run ? "would_remove" : "removed", counts);
    context.out() << writer.end_object().take() << '\n';
  } else {
    context.out() << counts_table(plan, counts, dry_run ? "WOULD GO" : "REMOVED", context.terminal);
    if (dry_run) context.out() << "\nNothing was removed: a dry run.\n";
  }
  return interrupted ? ExitStatus::kInterrupted : ExitStatus::kOk;
}

Result<ExitStatus> run(const Context& context, const RetentionOptions& options) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const config::RetentionSection& section = loaded->config.retention;
  const auto opened = Context::open_store(loaded->config);
  if (!opened) return std::unexpected(opened.error());
  store::RetentionPlan plan = app::retention_plan(section);
  if (options.dry_run) {
    const auto due = store::look_at_pass(*opened->store, plan, utc_now());
    if (!due) return std::unexpected(due.error());
    return report(context, plan, *due, true, false);
  }
  if (!section.enabled) {
    return fail("retention_off", "retention is off: set retention.enabled to true, or --set retention.enabled=true");
  }
  plan.at_once = true;
  store::RetentionPass pass(plan, app::keeping(section));
  const InterruptWatch watch;
  Progress progress(context.terminal, "removing", 0);
  bool finished = false;
  while (!finished && !watch.interrupted()) {
    const auto step = pass.step(*opened->store, Microseconds{0}, utc_now());
    if (!step) return std::unexpected(step.error());
    if (!step->in_pass && !step->finished) {
      return fail("retention_elsewhere", "a pass is being made by the service or another command; try again later");
    }
    progress.update(pass.removed());
    finished = step->finished;
    if (!finished) watch.wait(step->pause);
  }
  Counts removed{};
  for (std::size_t kind = 0; kind < kRetentionKinds; ++kind) {
    removed[kind] = static_cast<std::int64_t>(pass.counters().removed[kind]);
  }
  store::AuditEntry entry = audit_entry(context, "retention.run");
  entry.count = sum(removed);
  if (auto noted = store::append_audit(*opened->store, entry); !noted) return std::unexpected(std::move(noted.error()));
  return report(context, plan, removed, false, !finished);
}

}  // namespace

void add_retention(Command parent, Context& context) {
  const Command command = add_command(
      parent, "retention", "how long what is finished is kept: what is due to go, and a pass at once",
      "The service takes away what is older than [retention] says, bit by bit. The ledger stays exact; what is open is "
      "never touched.",
      {{"yizhan retention status", "what is due, when the next pass is, how much room there is"},
       {"yizhan retention run --dry-run", "what a pass would take away now"}});
  command.group(kActGroup);

  const Command status_command =
      add_command(command, "status", "what is due to go, the last and the next pass, and the room that the store takes",
                  "Reads every row that is old enough. Exit status 3 when 80 % of the room are taken.",
                  {{"yizhan retention status", "for people"}, {"yizhan retention status --json", "for a program"}});
  on_run(status_command, context, [&context] { return status(context); });

  auto options = std::make_shared<RetentionOptions>();
  const Command run_command =
      add_command(command, "run", "make a pass now, beside a running service or without one",
                  "Takes the pass from the service for as long as it lasts. Ctrl-C stops it after the transaction in "
                  "hand, and what was removed until then stays so.",
                  {{"yizhan retention run --dry-run", "only count"},
                   {"yizhan retention run --set retention.delivered_days=7", "with other ages, once"}});
  run_command.add_flag("--dry-run", options->dry_run, "count what would go, remove nothing");
  on_run(run_command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli

#include <fmt/format.h>

#include <memory>

#include "api/replay_json.h"
#include "cli/audit_entry.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/interrupt.h"
#include "cli/json_output.h"
#include "cli/paging.h"
#include "cli/readable.h"
#include "cli/selection_options.h"
#include "store/replay_jobs.h"

namespace yizhan::cli {
namespace {

/// How often --follow looks.
constexpr Milliseconds kFollowInterval{1000};

Style state_style(store::ReplayState state) {
  switch (state) {
    case store::ReplayState::kRunning:
      return Style::kStrong;
    case store::ReplayState::kDone:
      return Style::kGood;
    case store::ReplayState::kFailed:
      return Style::kBad;
    case store::ReplayState::kPaused:
      return Style::kWarning;
    case store::ReplayState::kCancelled:
      break;
  }
  return Style::kFaint;
}

std::string left_of(const store::ReplayJob& job) {
  if (job.finished_at || job.to_release() == 0) return "";
  if (job.state == store::ReplayState::kPaused) return "paused";
  if (job.pace <= 0) return "waits";
  return readable_span(Seconds(job.to_release() / job.pace + 1));
}

/// `released 1,200 of 5,000, delivered 1,100, dead again 20, still open 80; 310/s, 12 s left`
std::string progress_of(const store::ReplayJob& job) {
  std::string text =
      fmt::format("released {} of {}, delivered {}, dead again {}, still open {}", readable_count(job.released),
                  readable_count(job.request.matching), readable_count(job.delivered), readable_count(job.dead),
                  readable_count(job.still_open()));
  if (job.left_alone > 0) text += fmt::format(", left alone {}", readable_count(job.left_alone));
  if (job.ended > 0) text += fmt::format(", ended otherwise {}", readable_count(job.ended));
  if (const std::string left = left_of(job); !left.empty()) {
    text += job.pace > 0 ? fmt::format("; {}/s at most, {} left", readable_count(job.pace), left) : "; " + left;
  }
  return text;
}

Result<store::ReplayJob> find(store::Store& store, std::int64_t id) {
  const auto job = store::find_replay(store, id);
  if (!job) return std::unexpected(job.error());
  if (!*job)
    return fail("replay_not_found", fmt::format("there is no replay {}: 'yizhan replays list' shows them", id));
  return **job;
}

void print(const Context& context, const store::ReplayJob& job) {
  if (context.options.json) {
    context.out() << json_line(api::write_replay, job);
    return;
  }
  const auto field = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    constexpr int kNameWidth = 16;
    context.out() << "  " << styled(padded_right(name, kNameWidth), Style::kFaint, context.terminal.color)
                  << printable(value) << '\n';
  };
  const bool color = context.terminal.color;
  context.out() << fmt::format("Replay {}  {}\n", job.id,
                               styled(store::to_string(job.state), state_style(job.state), color));
  field("events", describe(job.request.selection));
  field("begun by", fmt::format("{} at {} UTC", job.request.actor, readable_time(job.created_at)));
  field("why", job.request.reason);
  field("rate", job.request.rate > 0 ? fmt::format("{} a second", readable_count(job.request.rate))
                                     : std::string("as the endpoint bears it"));
  field("new address", job.request.new_target);
  field("signed with", job.request.secret == SigningSecret::kPrevious ? "the previous secret" : "");
  field("progress", progress_of(job));
  field(job.state == store::ReplayState::kFailed ? "failed" : "waits", job.last_error);
  if (job.finished_at) field("ended (UTC)", readable_time(*job.finished_at));
}

Result<ExitStatus> follow(const Context& context, store::Store& store, store::ReplayJob job) {
  const InterruptWatch watch;
  std::string shown;
  while (true) {
    std::string line = context.options.json ? json_line(api::write_replay, job)
                                            : fmt::format("{}  {}\n", store::to_string(job.state), progress_of(job));
    if (line != shown) context.out() << line << std::flush;
    shown = std::move(line);
    if (job.finished_at) break;
    if (watch.wait(kFollowInterval)) return ExitStatus::kInterrupted;
    auto next = find(store, job.id);
    if (!next) return std::unexpected(next.error());
    job = std::move(*next);
  }
  return job.state == store::ReplayState::kFailed ? ExitStatus::kFailed : ExitStatus::kOk;
}

Result<ExitStatus> show(const Context& context, std::int64_t id, bool following) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto job = find(*opened->store, id);
  if (!job) return std::unexpected(job.error());
  if (following) return follow(context, *opened->store, *job);
  print(context, *job);
  return ExitStatus::kOk;
}

Result<ExitStatus> list(const Context& context, int limit) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  Table table({{"ID", Align::kRight},
               {"STATE"},
               {"PLATFORM", Align::kLeft, true},
               {"BEGUN (UTC)"},
               {"EVENTS", Align::kRight},
               {"RELEASED", Align::kRight},
               {"DELIVERED", Align::kRight},
               {"DEAD AGAIN", Align::kRight},
               {"OPEN", Align::kRight},
               {"LEFT"},
               {"WHO", Align::kLeft, true}});
  const auto fetch = [&](const store::Page& page) { return store::list_replays(*opened->store, page); };
  const auto more = for_each_row(limit, false, fetch, [&](const store::ReplayJob& job) {
    if (context.options.json) {
      context.out() << json_line(api::write_replay, job);
      return;
    }
    table.add_row({{std::to_string(job.id)},
                   {store::to_string(job.state), state_style(job.state)},
                   {job.request.selection.platform},
                   {readable_time(job.created_at)},
                   {readable_count(job.request.matching)},
                   {readable_count(job.released)},
                   {readable_count(job.delivered)},
                   {readable_count(job.dead)},
                   {readable_count(job.still_open())},
                   {left_of(job)},
                   {job.request.actor}});
  });
  if (!more) return std::unexpected(more.error());
  return print_list(context, table, *more, false, "No replay was begun. 'yizhan replay' begins one.");
}

Result<ExitStatus> control(const Context& context, std::int64_t id, store::ReplayAction action) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto job = store::control_replay(*opened->store, id, action, audit_entry(context, {}));
  if (!job) return std::unexpected(job.error());
  print(context, *job);
  return ExitStatus::kOk;
}

void add_control(Command replays, Context& context, const std::string& name, const std::string& summary,
                 const std::string& explanation, store::ReplayAction action) {
  auto id = std::make_shared<std::int64_t>(0);
  const std::string example = fmt::format("yizhan replays {} 7", name);
  const Command command = add_command(replays, name, summary, explanation, {{example, "the replay with the number 7"}});
  command.add_option("id", *id, "its number, from 'yizhan replays list'").type_name("ID").required();
  on_run(command, context, [&context, id, action] { return control(context, *id, action); });
}

}  // namespace

void add_replays(Command parent, Context& context) {
  const Command replays = add_command(
      parent, "replays", "look at replays that are under way; pause, resume or cancel them",
      "'yizhan replay' with many events begins a replay that the service works on, bit by bit: never more at once than "
      "the endpoint bears beside its live events.",
      {{"yizhan replays list", "what was begun, and how far it has come"},
       {"yizhan replays show 7 --follow", "until it is done"},
       {"yizhan replays pause 7", "release nothing more for now"}});
  replays.group(kActGroup);

  auto limit = std::make_shared<int>(20);
  const Command list_command =
      add_command(replays, "list", "list replays, newest first", "With --json, one object a line.",
                  {{"yizhan replays list", "how far has each come?"}});
  list_command.add_option("--limit", *limit, "at most so many (20)").type_name("N").positive();
  on_run(list_command, context, [&context, limit] { return list(context, *limit); });

  auto shown = std::make_shared<std::int64_t>(0);
  auto following = std::make_shared<bool>(false);
  const Command show_command =
      add_command(replays, "show", "show one replay", "",
                  {{"yizhan replays show 7", "which events, by whom, how far"},
                   {"yizhan replays show 7 --follow", "a line whenever something has changed"}});
  show_command.add_option("id", *shown, "its number, from 'yizhan replays list'").type_name("ID").required();
  show_command.add_flag("--follow", *following, "go on until it has ended");
  on_run(show_command, context, [&context, shown, following] { return show(context, *shown, *following); });

  add_control(replays, context, "pause", "release nothing more for now", "What was released already goes its way.",
              store::ReplayAction::kPause);
  add_control(replays, context, "resume", "go on with a paused replay", "It goes on where it stood.",
              store::ReplayAction::kResume);
  add_control(replays, context, "cancel", "end a replay",
              "What was released already goes its way; the others stay as they are.", store::ReplayAction::kCancel);
}

}  // namespace yizhan::cli

#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "api/replay_json.h"
#include "app/platforms.h"
#include "cli/audit_entry.h"
#include "cli/bulk_change.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "cli/selection_options.h"
#include "domain/replay_pace.h"
#include "store/replay_jobs.h"

namespace yizhan::cli {
namespace {

/// Up to here the command does it itself, at once; more is a replay that the service works on.
constexpr std::int64_t kMostAtOnce = 1000;

struct ReplayOptions {
  SelectionOptions selection;
  BulkOptions bulk;
  std::string reason;
  std::string target;
  std::string secret{to_string(SigningSecret::kCurrent)};
  bool all = false;
  bool gradually = false;
};

constexpr BulkWords kReplayWords{"Replay", "replaying", "Replayed", "replayed"};

SigningSecret secret_of(const ReplayOptions& options) {
  return parse_signing_secret(options.secret).value_or(SigningSecret::kCurrent);
}

std::int64_t total_of(const std::vector<store::CauseCount>& causes) {
  std::int64_t total = 0;
  for (const store::CauseCount& cause : causes) total += cause.count;
  return total;
}

/// How long it will take by how the platform's last attempts went; empty where there were none.
Result<std::string> estimate(store::Store& store, const config::Config& config, const std::string& platform,
                             std::int64_t events, std::int64_t rate) {
  const auto recent = store::recent_attempts(store, platform);
  if (!recent) return std::unexpected(recent.error());
  DeliveryPolicy policy;
  for (const config::Platform& each : config.platforms) {
    if (each.name == platform) policy = each.policy;
  }
  const auto takes = replay_estimate(events, rate, policy.in_flight_cap, recent->attempts, recent->delivered,
                                     Milliseconds{recent->mean_duration_ms});
  if (!takes) return std::string(", nothing of it delivered lately");
  return fmt::format(", about {}", readable_span(*takes));
}

/// `  crm  http_5xx  1,200`, one a line, and how long each platform's will take.
Result<void> print_causes(std::ostream& out, store::Store& store, const config::Config& config,
                          const std::vector<store::CauseCount>& causes, std::int64_t rate) {
  for (const store::ReplayRequest& part : store::by_platform({}, causes)) {
    const std::string& platform = part.selection.platform;
    const auto takes = estimate(store, config, platform, part.matching, rate);
    if (!takes) return std::unexpected(takes.error());
    out << fmt::format("  {}: {}{}\n", platform, counted(part.matching, "event", "events"), *takes);
    for (const store::CauseCount& cause : causes) {
      if (cause.platform != platform) continue;
      const std::string_view why =
          cause.error_class.empty() ? "did not fail last" : std::string_view(cause.error_class);
      out << fmt::format("    {:<20} {:>12}\n", why, readable_count(cause.count));
    }
  }
  return {};
}

Result<ExitStatus> preview(const Context& context, store::Store& store, const config::Config& config,
                           const store::Selection& selection, const std::vector<store::CauseCount>& causes,
                           const ReplayOptions& options) {
  if (context.options.json) {
    context.out() << api::replay_preview_json(causes, secret_of(options)) << '\n';
    return ExitStatus::kOk;
  }
  context.out() << would_change(total_of(causes), selection, kReplayWords);
  const auto printed =
      print_causes(context.out(), store, config, causes, static_cast<std::int64_t>(options.bulk.rate_per_second));
  if (!printed) return std::unexpected(printed.error());
  if (secret_of(options) == SigningSecret::kPrevious)
    context.out() << "They would be signed with the previous secret.\n";
  return ExitStatus::kOk;
}

/// One replay a platform, all of them begun or none.
Result<std::vector<store::ReplayJob>> begin(store::Store& store, const std::vector<store::ReplayRequest>& requests) {
  std::vector<store::ReplayJob> jobs;
  const auto done = store.transact("begin_replays.before_commit", [&](store::Session&) -> Result<void> {
    jobs.clear();
    for (const store::ReplayRequest& request : requests) {
      auto job = store::start_replay(store, request, store::AuditOrigin::kCli, utc_now());
      if (!job) return std::unexpected(std::move(job.error()));
      jobs.push_back(std::move(*job));
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return jobs;
}

Result<ExitStatus> replay_gradually(const Context& context, store::Store& store, const config::Config& config,
                                    const store::Selection& selection, const std::vector<store::CauseCount>& causes,
                                    const ReplayOptions& options) {
  store::ReplayRequest request;
  request.selection = selection;
  request.actor = actor(context);
  request.reason = options.reason;
  request.rate = static_cast<std::int64_t>(options.bulk.rate_per_second);
  request.new_target = options.target;
  request.secret = secret_of(options);
  const std::int64_t total = total_of(causes);
  if (total == 0) {
    if (context.options.json) return ExitStatus::kOk;
    context.out() << "No event matches: nothing to do.\n";
    return ExitStatus::kOk;
  }
  if (asks(context, options.bulk)) {
    if (auto printed = print_causes(context.terminal.err, store, config, causes, request.rate); !printed) {
      return std::unexpected(printed.error());
    }
  }
  if (auto allowed = confirm(context, options.bulk, total, selection, kReplayWords); !allowed) {
    return std::unexpected(allowed.error());
  }
  const auto jobs = begin(store, store::by_platform(request, causes));
  if (!jobs) return std::unexpected(jobs.error());
  for (const store::ReplayJob& job : *jobs) {
    if (context.options.json) {
      context.out() << json_line(api::write_replay, job);
      continue;
    }
    context.out() << fmt::format(
        "Replay {} has begun: {} of {}, released by the service beside its live events.\n"
        "How far it is: yizhan replays show {} --follow\n",
        job.id, counted(job.request.matching, "event", "events"), job.request.selection.platform, job.id);
  }
  return ExitStatus::kOk;
}

Result<ExitStatus> run(const Context& context, const ReplayOptions& options) {
  if (selects_everything(options.selection) && !options.all) {
    return fail("usage_invalid",
                "say which events: ids, a selection such as --platform NAME, or --all for every dead letter");
  }
  if (!parse_signing_secret(options.secret)) {
    return fail("usage_invalid", fmt::format("--secret {}: it is current or previous", options.secret));
  }
  const UtcTime now = utc_now();
  auto selection = to_selection(options.selection, now);
  if (!selection) return std::unexpected(selection.error());
  if (selection->statuses.empty()) {
    // Named events are meant, even delivered ones, but not what was given up; a selection means what failed.
    selection->statuses = selection->ids.empty()
                              ? std::vector{EventStatus::kDeadLetter}
                              : std::vector{EventStatus::kDeadLetter, EventStatus::kRetrying, EventStatus::kDelivered};
  }
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const auto opened = Context::open_store(loaded->config);
  if (!opened) return std::unexpected(opened.error());
  store::Store& store = *opened->store;
  // What comes to match later is not meant.
  store::Selection counted_now = *selection;
  if (!counted_now.created_until && counted_now.ids.empty()) counted_now.created_until = now;
  const auto causes = store.count_by_cause(counted_now);
  if (!causes) return std::unexpected(causes.error());
  if (secret_of(options) == SigningSecret::kPrevious) {
    for (const store::CauseCount& cause : *causes) {
      if (auto signable = app::check_previous_secret(loaded->config, cause.platform); !signable) {
        return std::unexpected(signable.error());
      }
    }
  }
  if (options.bulk.preview) return preview(context, store, loaded->config, *selection, *causes, options);
  const bool few = !selection->ids.empty() || total_of(*causes) <= kMostAtOnce;
  if (options.gradually || !options.target.empty() || !few) {
    return replay_gradually(context, store, loaded->config, counted_now, *causes, options);
  }
  return change_events(context, store, std::move(*selection), options.bulk, kReplayWords,
                       [&](store::Store& changed, const store::Selection& chunk) {
                         return store::replay_audited(changed, audit_entry(context, {}, {}, options.reason), chunk,
                                                      secret_of(options), utc_now());
                       });
}

}  // namespace

void add_replay(Command parent, Context& context) {
  auto options = std::make_shared<ReplayOptions>();
  const Command command = add_command(
      parent, "replay", "send events again: set them back to pending, for a new run of the schedule",
      "A selection means dead letters, unless --status says otherwise; events named by their ids are replayed even if "
      "they were delivered. What was discarded never is. Their attempts are kept. On a terminal it says how many it "
      "will be and asks. Up to 1,000 events are set back at once, and Ctrl-C stops that; of more the service releases "
      "as many at a time as the endpoint bears beside its live events ('yizhan replays'). They are signed as any event "
      "is, unless --secret says otherwise.",
      {{"yizhan replay 0198c0de-0000-7000-8000-000000000000", "one event"},
       {"yizhan replay --platform sub2api --error-class timeout --since 1d --preview",
        "how many would it be, and how long would it take?"},
       {"yizhan replay --platform sub2api --rate 50 --why 'their database is back'",
        "all dead letters of a platform, 50 a second"},
       {"yizhan replay --platform crm --to https://new.example.com/hook --why 'they have moved'", "to another address"},
       {"yizhan replay --platform crm --secret previous --why 'they have not changed over yet'",
        "signed with the secret that is being replaced"}});
  command.group(kActGroup);
  add_selection_options(command, options->selection, true, true);
  command.add_flag("--all", options->all, "every dead letter of every platform");
  add_bulk_options(command, options->bulk);
  command.add_option("--why", options->reason, "why; kept in the audit trail").type_name("TEXT");
  command.add_option("--to", options->target, "the address that the events get: a URL, or a path below the base URL")
      .type_name("URL");
  command
      .add_option("--secret", options->secret,
                  "which of the platform's secrets sign them: those in force (current), or the second of them alone, "
                  "which is being replaced (previous)")
      .type_name("current|previous");
  command.add_flag("--gradually", options->gradually, "have the service release them, even where they are few");
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli

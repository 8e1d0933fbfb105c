// Replay jobs as operators see them. What the runner does to them: replay_passes.cpp.
#include "store/replay_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/page_end.h"
#include "store/previous_secret.h"
#include "store/replay_rows.h"
#include "store/selection_json.h"
#include "store/session.h"

namespace yizhan::store {
namespace {

using StateName = std::pair<ReplayState, std::string_view>;
constexpr std::array<StateName, 5> kStateNames{{{ReplayState::kRunning, "running"},
                                                {ReplayState::kPaused, "paused"},
                                                {ReplayState::kCancelled, "cancelled"},
                                                {ReplayState::kDone, "done"},
                                                {ReplayState::kFailed, "failed"}}};

std::string_view name_of(ReplayAction action) {
  switch (action) {
    case ReplayAction::kPause:
      return "pause";
    case ReplayAction::kResume:
      return "resume";
    case ReplayAction::kCancel:
      break;
  }
  return "cancel";
}

ReplayState state_after(ReplayAction action) {
  switch (action) {
    case ReplayAction::kPause:
      return ReplayState::kPaused;
    case ReplayAction::kResume:
      return ReplayState::kRunning;
    case ReplayAction::kCancel:
      break;
  }
  return ReplayState::kCancelled;
}

/// The runner may be on another node.
void send_news(Session& session) {
  session.send("{postgres|SELECT pg_notify('yizhan_outbox', '3')}", {});
}

/// Locks it on PostgreSQL until the transaction ends.
Result<ReplayJob> take_job(Session& session, std::int64_t id) {
  static const std::string kTake =
      fmt::format("SELECT {} FROM replay_jobs WHERE id = $1 {{postgres|FOR UPDATE}}", kReplayColumns);
  std::optional<ReplayJob> job;
  session.send(kTake, {id}, [&](const SqlRow& row) { job = read_replay(row); });
  if (auto done = session.finish(); !done) return std::unexpected(done.error());
  if (!job) {
    return fail("replay_not_found", fmt::format("there is no replay {}; 'yizhan replays list' shows them", id));
  }
  return *job;
}

}  // namespace

std::string_view to_string(ReplayState state) {
  return std::ranges::find(kStateNames, state, &StateName::first)->second;
}

std::optional<ReplayState> parse_replay_state(std::string_view name) {
  const auto found = std::ranges::find(kStateNames, name, &StateName::second);
  if (found == kStateNames.end()) return std::nullopt;
  return found->first;
}

ReplayJob read_replay(const SqlRow& row) {
  ReplayJob job;
  job.id = row.integer(0);
  job.state = parse_replay_state(row.bytes(1)).value_or(ReplayState::kFailed);
  // What was written by selection_json() is read again; an edit by hand that cannot be is a selection of nothing.
  const std::string selection = text_of(row, 3);
  const auto document = json::read_document(selection);
  const bool readable = document && read_selection_json(*document, job.request.selection);
  if (!readable) job.request.selection.ids = {""};
  job.request.selection.platform = text_of(row, 2);
  job.request.actor = text_of(row, 4);
  job.request.reason = text_of(row, 5);
  job.request.rate = row.integer(6);
  job.request.new_target = text_of(row, 7);
  job.request.matching = row.integer(8);
  job.position = row.integer(9);
  job.exhausted = row.integer(10) != 0;
  job.released = row.integer(11);
  job.left_alone = row.integer(12);
  job.delivered = row.integer(13);
  job.dead = row.integer(14);
  job.ended = row.integer(15);
  job.pace = row.integer(16);
  job.last_error = text_of(row, 17);
  job.created_at = row.time(18);
  job.updated_at = row.time(19);
  job.finished_at = optional_time(row, 20);
  job.request.secret = secret_of(row.integer(21));
  return job;
}

Result<RecentAttempts> recent_attempts(Store& store, std::string_view platform) {
  RecentAttempts recent;
  const auto done = store.look([&](Session& session) -> Result<void> {
    // The newest events stand at the end of their table; their attempts beside one another.
    session.send(
        "SELECT count(*), count(CASE WHEN a.response_status BETWEEN 200 AND 299 THEN 1 END), "
        "CAST(coalesce(avg(a.duration_ms), 0) AS bigint) FROM (SELECT sequence FROM (SELECT sequence, platform "
        "FROM outbox_events ORDER BY sequence DESC LIMIT 10000) AS newest WHERE platform = $1 LIMIT 1000) AS e "
        "CROSS JOIN outbox_attempts AS a WHERE a.sequence = e.sequence",
        {std::string(platform)}, [&](const SqlRow& row) {
          recent = {.attempts = row.integer(0), .delivered = row.integer(1), .mean_duration_ms = row.integer(2)};
        });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return recent;
}

std::vector<ReplayRequest> by_platform(const ReplayRequest& request, const std::vector<CauseCount>& causes) {
  std::map<std::string, std::int64_t> counts;
  for (const CauseCount& cause : causes) counts[cause.platform] += cause.count;
  std::vector<ReplayRequest> requests;
  for (const auto& [platform, count] : counts) {
    requests.push_back(request);
    requests.back().selection.platform = platform;
    requests.back().matching = count;
  }
  return requests;
}

Result<ReplayJob> start_replay(Store& store, const ReplayRequest& request, AuditOrigin origin, UtcTime now) {
  static const std::string kInsert = fmt::format(
      "INSERT INTO replay_jobs (state, platform, selection, actor, reason, rate, new_target, matching, created_at, "
      "updated_at, previous_secret) VALUES ('running', $1, $2, $3, $4, nullif($5, 0), nullif($6, ''), $7, $8, $8, "
      "{{postgres|$9 = 1}}{{sqlite|$9}}) RETURNING {}",
      kReplayColumns);
  AuditEntry entry;
  entry.at = now;
  entry.origin = origin;
  entry.actor = request.actor;
  entry.action = "replay.start";
  entry.reason = request.reason;
  entry.count = request.matching;
  std::optional<ReplayJob> begun;
  const auto done = store.transact("start_replay.before_commit", [&](Session& session) -> Result<void> {
    const std::string selection = selection_json(request.selection);
    session.send(kInsert,
                 {request.selection.platform, selection, request.actor, request.reason, request.rate,
                  request.new_target, request.matching, now, std::int64_t{request.secret == SigningSecret::kPrevious}},
                 [&](const SqlRow& row) { begun = read_replay(row); });
    if (auto inserted = session.finish(); !inserted) return inserted;
    AuditEntry started = entry;
    started.object = std::to_string(begun->id);
    started.detail = fmt::format(R"({{"selection":{},"secret":"{}"}})", selection, to_string(request.secret));
    send_audit(session, started);
    send_news(session);
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return *begun;
}

Result<ReplayJob> control_replay(Store& store, std::int64_t id, ReplayAction action, AuditEntry entry) {
  entry.action = fmt::format("replay.{}", name_of(action));
  entry.object = std::to_string(id);
  const ReplayState wanted = state_after(action);
  std::optional<ReplayJob> after;
  const auto done = store.transact("control_replay.before_commit", [&](Session& session) -> Result<void> {
    const auto job = take_job(session, id);
    if (!job) return std::unexpected(job.error());
    after = *job;
    if (job->state == wanted) return {};
    if (job->finished_at) {
      return fail("replay_ended", fmt::format("replay {} is {} already; begin another one", id, to_string(job->state)));
    }
    session.send(
        "UPDATE replay_jobs SET state = $2, updated_at = $3, lease_token = NULL, lease_expires_at = NULL, pace = 0, "
        "last_error = '', finished_at = CASE WHEN $2 = 'cancelled' THEN {postgres|$3::timestamptz}{sqlite|$3} END "
        "WHERE id = $1",
        {id, std::string(to_string(wanted)), entry.at});
    send_audit(session, entry);
    send_news(session);
    const auto changed = take_job(session, id);
    if (!changed) return std::unexpected(changed.error());
    after = *changed;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return *after;
}

Result<Rows<ReplayJob>> list_replays(Store& store, const Page& page) {
  const std::string text =
      fmt::format("SELECT {} FROM replay_jobs WHERE id {} $1 ORDER BY id {} LIMIT $2", kReplayColumns,
                  page.oldest_first ? ">" : "<", page.oldest_first ? "ASC" : "DESC");
  const std::int64_t after = page.after != 0 || page.oldest_first ? page.after : INT64_MAX;
  Rows<ReplayJob> listed;
  const auto done = store.look([&](Session& session) -> Result<void> {
    session.send(text, {after, std::int64_t{page.limit} + 1},
                 [&](const SqlRow& row) { listed.rows.push_back(read_replay(row)); });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  end_page_at_id(listed, page);
  return listed;
}

Result<std::optional<ReplayJob>> find_replay(Store& store, std::int64_t id) {
  static const std::string kFind = fmt::format("SELECT {} FROM replay_jobs WHERE id = $1", kReplayColumns);
  std::optional<ReplayJob> found;
  const auto done = store.look([&](Session& session) -> Result<void> {
    session.send(kFind, {id}, [&](const SqlRow& row) { found = read_replay(row); });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return found;
}

Result<std::vector<ReplayOfEvent>> find_replays_of_event(Store& store, std::string_view event_id) {
  std::vector<ReplayOfEvent> replays;
  const auto done = store.look([&](Session& session) -> Result<void> {
    session.send(
        "SELECT j.id, j.actor, j.reason, r.released_at, r.former_target, r.outcome, j.previous_secret FROM "
        "outbox_events AS e "
        "CROSS JOIN replay_job_events AS r CROSS JOIN replay_jobs AS j "
        "WHERE e.id = $1 AND r.sequence = e.sequence AND j.id = r.job_id ORDER BY r.released_at, j.id",
        {std::string(event_id)}, [&](const SqlRow& row) {
          replays.push_back({.job_id = row.integer(0),
                             .actor = text_of(row, 1),
                             .reason = text_of(row, 2),
                             .released_at = row.time(3),
                             .former_target = text_of(row, 4),
                             .moved = !row.null(4),
                             .secret = secret_of(row.integer(6)),
                             .outcome = text_of(row, 5)});
        });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return replays;
}

}  // namespace yizhan::store

// What a runner does to replay jobs: looks, and makes steps. Each pass is one transaction.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/delivery_settling.h"
#include "store/previous_secret.h"
#include "store/replay_rows.h"
#include "store/session.h"

namespace yizhan::store {
namespace {

using Type = SessionColumn::Type;

/// Ended releases that one pass notes; more wait for the next.
constexpr std::int64_t kEndedAtOnce = 1000;

constexpr std::array<SessionColumn, 2> kSequences{{{"sequence", Type::kInteger}, {"at", Type::kTime}}};

/// Only these can be replayed at all (Store::replay).
std::string replayable(const std::vector<EventStatus>& statuses) {
  std::string names;
  for (const EventStatus status : {EventStatus::kRetrying, EventStatus::kDelivered, EventStatus::kDeadLetter}) {
    if (std::ranges::find(statuses, status) == statuses.end()) continue;
    names += fmt::format("{}{}", names.empty() ? "" : ",", to_string(status));
  }
  return names;
}

/// What became of events that were released, whoever did it. An edit by hand, or the next replay, may open one again
/// before this looks: it counts when it ends for good.
Result<void> note_ended(Session& session, ReplayPassed& passed, UtcTime now) {
  static constexpr std::array<SessionColumn, 3> kEnded{
      {{"job_id", Type::kInteger}, {"sequence", Type::kInteger}, {"outcome"}}};
  std::vector<std::vector<SessionValue>> ended;
  session.send(
      "SELECT r.job_id, r.sequence, CASE WHEN d.sequence IS NOT NULL THEN 'delivered' "
      "WHEN a.status = 'dead_letter' THEN 'dead' ELSE 'ended' END FROM replay_job_events AS r "
      "LEFT JOIN outbox_schedule AS s ON s.sequence = r.sequence "
      "LEFT JOIN outbox_delivered AS d ON d.sequence = r.sequence "
      "LEFT JOIN outbox_abandoned AS a ON a.sequence = r.sequence "
      "WHERE r.outcome = 'open' AND s.sequence IS NULL LIMIT $1",
      {kEndedAtOnce}, [&](const SqlRow& row) { ended.push_back({row.integer(0), row.integer(1), text_of(row, 2)}); });
  if (auto done = session.finish(); !done || ended.empty()) return done;

  struct Counts {
    std::int64_t delivered = 0, dead = 0, ended = 0;
  };
  std::map<std::int64_t, Counts> counts;
  // Another node may have noted them at the same moment: what counts is what this changes.
  session.send_each(
      "UPDATE replay_job_events SET outcome = each.outcome FROM {each} WHERE replay_job_events.job_id = each.job_id "
      "AND replay_job_events.sequence = each.sequence AND replay_job_events.outcome = 'open' "
      "{postgres|AND replay_job_events.sequence = ANY ($2)} "
      "RETURNING replay_job_events.job_id, replay_job_events.outcome",
      kEnded, ended, [&](const SqlRow& row) {
        Counts& job = counts[row.integer(0)];
        const std::string_view outcome = row.bytes(1);
        ++(outcome == "delivered" ? job.delivered : outcome == "dead" ? job.dead : job.ended);
      });
  if (auto done = session.finish(); !done) return done;
  for (const auto& [id, job] : counts) {
    passed.delivered += job.delivered;
    passed.dead += job.dead;
    passed.ended += job.ended;
    session.send(
        "UPDATE replay_jobs SET delivered = delivered + $2, dead = dead + $3, ended = ended + $4, updated_at = $5 "
        "WHERE id = $1",
        {id, job.delivered, job.dead, job.ended, now});
  }
  return session.finish();
}

/// Takes the job for this runner, or keeps it. False where another has it, has moved it, or it does not run.
Result<bool> hold(Session& session, const ReplayStep& step, std::string_view lease_token, Milliseconds lease,
                  UtcTime now) {
  bool held = false;
  session.send(
      "UPDATE replay_jobs SET lease_token = $2, updated_at = $4, lease_expires_at = "
      "{postgres|statement_timestamp() + $6 * interval '1 millisecond'}{sqlite|$5} "
      "WHERE id = $1 AND state = 'running' AND position = $3 AND (lease_token IS NULL OR lease_token = $2 "
      "OR lease_expires_at <= {postgres|statement_timestamp()}{sqlite|$4}) RETURNING id",
      {step.job_id, std::string(lease_token), step.position, now, now + lease, std::int64_t{lease.count()}},
      [&](const SqlRow&) { held = true; });
  if (auto done = session.finish(); !done) return std::unexpected(done.error());
  return held;
}

/// Sets the picks back to pending; answers those that were still as the job wants them.
Result<std::vector<ReplayPick>> release(Session& session, const ReplayStep& step, UtcTime now) {
  const std::string statuses = replayable(step.statuses);
  std::vector<std::vector<SessionValue>> rows;
  std::map<std::int64_t, const ReplayPick*> picks;
  for (const ReplayPick& pick : step.picks) {
    rows.push_back({pick.sequence, now});
    picks.emplace(pick.sequence, &pick);
  }
  std::vector<ReplayPick> released;
  session.send_each(
      fmt::format(
          "{{postgres|SELECT unnest(outbox_replay_events($1, string_to_array('{0}', ','), "
          "($2::timestamptz[])[1]))}}"
          "{{sqlite|SELECT e.sequence FROM outbox_events AS e WHERE e.sequence = $1 AND e.removed_bytes IS NULL "
          "AND instr(',{0},', ',' || coalesce((SELECT status FROM outbox_abandoned WHERE sequence = $1), "
          "(SELECT 'delivered' FROM outbox_delivered WHERE sequence = $1), "
          "(SELECT status FROM outbox_schedule WHERE sequence = $1)) || ',') > 0}}",
          statuses),
      kSequences, rows, [&](const SqlRow& row) { released.push_back(*picks.at(row.integer(0))); });
  if (auto done = session.finish(); !done) return std::unexpected(done.error());
  static constexpr std::array<SessionColumn, 2> kReopened{{{"id"}, {"at", Type::kTime}}};
  std::vector<std::vector<SessionValue>> reopened;
  for (const ReplayPick& pick : released) reopened.push_back({pick.event_id, now});
  session.send(kServiceChangeBegins, {});
  session.send_each(
      "{sqlite|UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = $2, last_error = NULL, "
      "updated_at = $2 WHERE id = $1}",
      kReopened, reopened);
  session.send_each("{sqlite|DELETE FROM cs_platform_event_dead_letters WHERE event_id = $1}", kReopened, reopened);
  session.send(kServiceChangeEnds, {});
  return released;
}

/// Each release on record, with the address that the event had where it gets another, and what that release changes.
void note_released(Session& session, const ReplayStep& step, const std::vector<ReplayPick>& released, UtcTime now) {
  static constexpr std::array<SessionColumn, 5> kReleased{{{"job_id", Type::kInteger},
                                                           {"sequence", Type::kInteger},
                                                           {"endpoint_key", Type::kInteger},
                                                           {"at", Type::kTime},
                                                           {"new_target"}}};
  std::vector<std::vector<SessionValue>> rows;
  for (const ReplayPick& pick : released) {
    rows.push_back({step.job_id, pick.sequence, pick.endpoint_key, now, step.new_target});
  }
  session.send_each(
      "INSERT INTO replay_job_events (job_id, sequence, endpoint_key, released_at, former_target) "
      "SELECT each.job_id, each.sequence, each.endpoint_key, each.at, "
      "CASE WHEN each.new_target <> '' THEN e.callback_target END FROM {each} CROSS JOIN outbox_events AS e "
      "WHERE e.sequence = each.sequence {postgres|AND e.sequence = ANY ($2)}",
      kReleased, rows);
  if (step.secret == SigningSecret::kPrevious) {
    std::vector<std::string> ids;
    for (const ReplayPick& pick : released) ids.push_back(pick.event_id);
    sign_with_previous_secret(session, ids);
  }
  if (step.new_target.empty()) return;
  session.send_each(
      "UPDATE outbox_events SET callback_target = each.new_target FROM {each} "
      "WHERE outbox_events.sequence = each.sequence {postgres|AND outbox_events.sequence = ANY ($2)}",
      kReleased, rows);
}

Result<void> settle_deliveries(Session& session, const std::vector<ReplayPick>& released, UtcTime now) {
  std::vector<std::int64_t> sequences;
  std::vector<DeliveryChange> changes;
  for (const ReplayPick& pick : released) {
    sequences.push_back(pick.sequence);
    changes.push_back(delivery_replayed());
    changes.back().sequence = pick.sequence;
  }
  DeliverySettling settling;
  settling.look_up(session, sequences);
  if (auto done = session.finish(); !done) return done;
  if (settling.empty()) return {};
  settling.settle(session, changes, now);
  return session.finish();
}

Result<void> make_step(Session& session, const ReplayStep& step, std::string_view lease_token, Milliseconds lease,
                       UtcTime now, ReplayPassed& passed) {
  const auto held = hold(session, step, lease_token, lease, now);
  if (!held) return std::unexpected(held.error());
  if (!*held) {
    passed.lost.push_back(step.job_id);
    return {};
  }
  std::vector<ReplayPick> released;
  if (!step.picks.empty()) {
    auto made = release(session, step, now);
    if (!made) return std::unexpected(made.error());
    released = std::move(*made);
    note_released(session, step, released, now);
    if (auto done = settle_deliveries(session, released, now); !done) return done;
  }
  const auto left = static_cast<std::int64_t>(step.picks.size() - released.size()) + step.passed_over;
  session.send(
      "UPDATE replay_jobs SET position = $2, released = released + $3, left_alone = left_alone + $4, pace = $5, "
      "exhausted = ($6 = 1), last_error = $7 WHERE id = $1",
      {step.job_id, step.new_position, static_cast<std::int64_t>(released.size()), left, step.pace,
       std::int64_t{step.exhausted}, step.last_error});
  if (step.failed) {
    session.send(
        "UPDATE replay_jobs SET state = 'failed', finished_at = $2, lease_token = NULL, lease_expires_at = NULL "
        "WHERE id = $1",
        {step.job_id, now});
  }
  passed.released += static_cast<std::int64_t>(released.size());
  return session.finish();
}

void end_jobs(Session& session, UtcTime now) {
  session.send(
      "UPDATE replay_jobs SET state = 'done', finished_at = $1, updated_at = $1, pace = 0, lease_token = NULL, "
      "lease_expires_at = NULL WHERE state = 'running' AND exhausted AND delivered + dead + ended = released",
      {now});
}

}  // namespace

Result<ReplayLook> look_at_replays(Store& store, std::string_view lease_token) {
  static const std::string kRunning = fmt::format(
      "SELECT {}, CASE WHEN lease_token <> $1 AND lease_expires_at > {{postgres|statement_timestamp()}}{{sqlite|$2}} "
      "THEN 1 ELSE 0 END FROM replay_jobs WHERE state = 'running' ORDER BY id LIMIT 100",
      kReplayColumns);
  ReplayLook found;
  const auto done = store.look([&](Session& session) -> Result<void> {
    session.send(kRunning, {std::string(lease_token), utc_now()}, [&](const SqlRow& row) {
      found.running.push_back(read_replay(row));
      found.running.back().held_by_other = row.integer(22) != 0;
    });
    session.send("SELECT endpoint_key, count(*) FROM replay_job_events WHERE outcome = 'open' GROUP BY endpoint_key",
                 {}, [&](const SqlRow& row) { found.open[row.integer(0)] = static_cast<int>(row.integer(1)); });
    session.send("SELECT state, count(*) FROM replay_jobs GROUP BY state", {}, [&](const SqlRow& row) {
      if (const auto state = parse_replay_state(row.bytes(0))) found.states[*state] = row.integer(1);
    });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return found;
}

Result<ReplayPassed> pass_replays(Store& store, const std::vector<ReplayStep>& steps, std::string_view lease_token,
                                  Milliseconds lease, UtcTime now) {
  ReplayPassed passed;
  const auto done = store.transact("replay_job.before_commit", [&](Session& session) -> Result<void> {
    passed = ReplayPassed();
    if (auto noted = note_ended(session, passed, now); !noted) return noted;
    for (const ReplayStep& step : steps) {
      if (auto made = make_step(session, step, lease_token, lease, now, passed); !made) return made;
    }
    end_jobs(session, now);
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return passed;
}

Result<void> leave_replays(Store& store, std::string_view lease_token) {
  return store.transact("replay_job.before_leave", [&](Session& session) -> Result<void> {
    session.send("UPDATE replay_jobs SET lease_token = NULL, lease_expires_at = NULL WHERE lease_token = $1",
                 {std::string(lease_token)});
    return session.finish();
  });
}

}  // namespace yizhan::store

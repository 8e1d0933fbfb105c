// Retention of events: what may go is found by walking along the table of their state, from the old end.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "store/retention_parts.h"

namespace yizhan::store {
namespace {

using Type = SessionColumn::Type;

/// Where events of a kind stand, and where they must not stand as well.
struct Walk {
  std::string_view table;
  std::string_view condition;  ///< on its rows
  std::string_view other_table;
};

Walk walk_of(RetentionKind kind) {
  if (kind == RetentionKind::kDiscarded) return {"outbox_abandoned", "AND status = 'discarded'", "outbox_delivered"};
  if (kind == RetentionKind::kDeadLetters)
    return {"outbox_abandoned", "AND status = 'dead_letter'", "outbox_delivered"};
  return {"outbox_delivered", "", "outbox_abandoned"};
}

struct FoundEvent {
  std::int64_t sequence = 0;
  std::string id;
  std::string platform;
  RetentionCandidate candidate;
  bool has_body = false;
};

std::string candidates_text(const Walk& walk) {
  // PostgreSQL is given the keys beside the join, and counts where it could ask EXISTS: its plan may be made for any
  // LIMIT, and would begin with whole tables then.
  return fmt::format(
      "WITH batch AS MATERIALIZED (SELECT sequence, updated_at FROM {0} WHERE sequence > $1 "
      "AND sequence < (SELECT max(sequence) FROM outbox_events) {2} ORDER BY sequence LIMIT $2) "
      "SELECT s.sequence, e.id, e.platform, e.created_at, s.updated_at, e.idempotency_key IS NOT NULL, "
      "(SELECT count(*) FROM outbox_schedule AS o WHERE o.sequence = s.sequence) "
      "+ (SELECT count(*) FROM {1} AS o WHERE o.sequence = s.sequence), "
      "e.removed_bytes IS NULL AND {{postgres|octet_length}}{{sqlite|length}}(e.payload) > 0 "
      "FROM batch AS s JOIN outbox_events AS e ON e.sequence = s.sequence "
      "{{postgres|AND e.sequence = ANY (ARRAY(SELECT sequence FROM batch))}} ORDER BY s.sequence",
      walk.table, walk.other_table, walk.condition);
}

constexpr std::array<SessionColumn, 1> kSequenceOnly{{{"sequence", Type::kInteger}}};
constexpr std::array<SessionColumn, 1> kEventIdOnly{{{"id"}}};

std::vector<std::vector<SessionValue>> sequences_of(const std::vector<FoundEvent>& leaving) {
  std::vector<std::vector<SessionValue>> rows;
  for (const FoundEvent& each : leaving) rows.push_back({each.sequence});
  return rows;
}

/// Locks the rows of their state, so that they are still in it when they go; those that are not, or that somebody else
/// has locked, are left for another time.
Result<void> lock(Session& session, const Walk& walk, std::vector<FoundEvent>& leaving) {
  std::set<std::int64_t> locked;
  session.send_each(
      fmt::format(
          "SELECT sequence FROM {} WHERE sequence {{postgres|= ANY ($1)}}{{sqlite|= $1}} {}{{postgres| FOR UPDATE "
          "SKIP LOCKED}}",
          walk.table, walk.condition),
      kSequenceOnly, sequences_of(leaving), [&](const SqlRow& row) { locked.insert(row.integer(0)); });
  if (auto done = session.finish(); !done) return done;
  std::erase_if(leaving, [&](const FoundEvent& each) { return !locked.contains(each.sequence); });
  return {};
}

Result<std::int64_t> change_each_event(Session& session, std::string_view text,
                                       const std::vector<FoundEvent>& leaving) {
  session.send_each(fmt::format("{} {{postgres|= ANY ($1)}}{{sqlite|= $1}}", text), kSequenceOnly,
                    sequences_of(leaving));
  if (auto done = session.finish(); !done) return std::unexpected(std::move(done.error()));
  return session.changed();
}

Result<void> add_to_rollup(Session& session, RetentionKind kind, const std::vector<FoundEvent>& leaving) {
  static constexpr std::array<SessionColumn, 5> kColumns{{{"minute", Type::kInteger},
                                                          {"platform"},
                                                          {"delivered", Type::kInteger},
                                                          {"dead_letter", Type::kInteger},
                                                          {"discarded", Type::kInteger}}};
  std::map<std::pair<UtcTime, std::string>, std::int64_t> counts;
  for (const FoundEvent& each : leaving) {
    ++counts[{std::chrono::floor<std::chrono::minutes>(each.candidate.created_at), each.platform}];
  }
  std::vector<std::vector<SessionValue>> rows;
  for (const auto& [of, count] : counts) {
    const auto if_kind = [&](RetentionKind counted) { return counted == kind ? count : std::int64_t{0}; };
    rows.push_back({stored_time(of.first), of.second, if_kind(RetentionKind::kDelivered),
                    if_kind(RetentionKind::kDeadLetters), if_kind(RetentionKind::kDiscarded)});
  }
  session.send_each(
      "INSERT INTO ledger_rollup (minute, platform, delivered, dead_letter, discarded) "
      "SELECT {postgres|to_timestamp(minute / 1000000)}{sqlite|minute}, platform, delivered, dead_letter, discarded "
      "FROM {each} WHERE true "
      "ON CONFLICT (minute, platform) DO UPDATE SET delivered = ledger_rollup.delivered + excluded.delivered, "
      "dead_letter = ledger_rollup.dead_letter + excluded.dead_letter, "
      "discarded = ledger_rollup.discarded + excluded.discarded",
      kColumns, rows);
  return session.finish();
}

Error changed_meanwhile() {
  return {"store_unavailable",
          "events that were to be deleted were changed at the same moment; the next pass sees to it"};
}

Result<std::int64_t> delete_events(Session& session, RetentionKind kind, const std::vector<FoundEvent>& leaving) {
  const auto count = static_cast<std::int64_t>(leaving.size());
  for (const std::string_view table : {walk_of(kind).table, std::string_view("outbox_events")}) {
    const auto gone = change_each_event(session, fmt::format("DELETE FROM {} WHERE sequence", table), leaving);
    if (!gone) return gone;
    if (*gone != count) return std::unexpected(changed_meanwhile());
  }
  for (const std::string_view table : {"outbox_attempts", "replay_job_events"}) {
    const auto gone = change_each_event(session, fmt::format("DELETE FROM {} WHERE sequence", table), leaving);
    if (!gone) return gone;
  }
  if (kind == RetentionKind::kDeadLetters) {
    std::vector<std::vector<SessionValue>> ids;
    for (const FoundEvent& each : leaving) ids.push_back({each.id});
    session.send_each("DELETE FROM cs_platform_event_dead_letters WHERE event_id {postgres|= ANY ($1)}{sqlite|= $1}",
                      kEventIdOnly, ids);
  }
  if (auto done = add_to_rollup(session, kind, leaving); !done) return std::unexpected(std::move(done.error()));
  return count;
}

Result<std::int64_t> remove_bodies(Session& session, const std::vector<FoundEvent>& leaving) {
  const auto events =
      change_each_event(session,
                        "UPDATE outbox_events SET removed_bytes = {postgres|octet_length}{sqlite|length}"
                        "(payload), payload = {postgres|''}{sqlite|x''} WHERE removed_bytes IS NULL AND sequence",
                        leaving);
  if (!events) return events;
  const auto answers = change_each_event(
      session, "UPDATE outbox_attempts SET response_body = NULL WHERE response_body IS NOT NULL AND sequence", leaving);
  if (!answers) return answers;
  return events;
}

}  // namespace

Result<RetentionReply> retire_events(Session& session, const RetentionWork& work) {
  const RetentionBatch& batch = work.batch;
  RetentionReply reply{.after = batch.after};
  std::vector<FoundEvent> leaving;
  bool any_old = false;
  const Walk walk = walk_of(batch.kind);
  session.send(candidates_text(walk), {batch.after, std::int64_t{batch.rows}}, [&](const SqlRow& row) {
    ++reply.looked_at;
    FoundEvent found{.sequence = row.integer(0),
                     .id = text_of(row, 1),
                     .platform = text_of(row, 2),
                     .candidate = {.created_at = row.time(3),
                                   .closed_at = row.time(4),
                                   .has_key = row.integer(5) != 0,
                                   .in_one_state = row.integer(6) == 0},
                     .has_body = row.integer(7) != 0};
    // Nobody's event ended before it came; a time that was set by hand may be any.
    const bool young = std::min(found.candidate.created_at, found.candidate.closed_at) >= batch.limit;
    if (young && !reply.young_after) reply.young_after = reply.after;
    any_old = any_old || !young;
    reply.after = found.sequence;
    if (batch.kind == RetentionKind::kEventBodies && !found.has_body) return;
    if (may_go(found.candidate, batch.limit, batch.now)) leaving.push_back(std::move(found));
  });
  if (auto done = session.finish(); !done) return std::unexpected(std::move(done.error()));
  reply.ended = !any_old;  // those that came later follow
  reply.removed = static_cast<std::int64_t>(leaving.size());
  if (!work.removes || leaving.empty()) return reply;
  if (auto done = lock(session, walk, leaving); !done) return std::unexpected(std::move(done.error()));
  if (leaving.empty()) return reply;

  if (work.keep) {
    std::vector<std::string> ids;
    for (const FoundEvent& each : leaving) ids.push_back(each.id);
    auto whole = read_whole_events(session, ids);
    if (!whole) return std::unexpected(std::move(whole.error()));
    if (auto kept = work.keep({.kind = batch.kind, .events = std::move(*whole), .callbacks = {}}); !kept) {
      return std::unexpected(std::move(kept.error()));
    }
  }
  const auto removed = batch.kind == RetentionKind::kEventBodies ? remove_bodies(session, leaving)
                       : batch.kind == RetentionKind::kAttempts
                           ? change_each_event(session, "DELETE FROM outbox_attempts WHERE sequence", leaving)
                           : delete_events(session, batch.kind, leaving);
  if (!removed) return std::unexpected(removed.error());
  reply.removed = *removed;
  return reply;
}

}  // namespace yizhan::store

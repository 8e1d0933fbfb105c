#include "store/observations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "store/inbound_sql.h"
#include "store/session.h"
#include "store/store.h"

namespace yizhan::store {
namespace {

/// One probe of the index for each source, from one to the next.
constexpr std::string_view kSources =
    "WITH RECURSIVE sources (source) AS ("
    "{postgres|SELECT min(source) FROM inbound_callbacks}"
    "{sqlite|SELECT min(value) FROM callback_blocks WHERE name = 'source'} UNION ALL SELECT ("
    "{postgres|SELECT min(c.source) FROM inbound_callbacks AS c WHERE c.source > sources.source}"
    "{sqlite|SELECT min(b.value) FROM callback_blocks AS b WHERE b.name = 'source' AND b.value > sources.source}"
    ") FROM sources WHERE sources.source IS NOT NULL) SELECT source FROM sources WHERE source IS NOT NULL";

/// The newest callbacks of one source. On PostgreSQL as a range and in this order, so that only the index on (source,
/// id) will do: with `=` it may go through the primary key instead, past everybody else's callbacks.
const std::string& newest_of_source_text() {
  static const std::string kText = fmt::format(
      "SELECT c.received_at, c.verdict, c.reason FROM {{postgres|inbound_callbacks AS c WHERE c.source >= $1 AND "
      "c.source <= $1 ORDER BY c.source DESC, c.id DESC}}"
      "{{sqlite|{} WHERE b.name = 'source' AND b.value = $1 AND c.source = $1 ORDER BY b.block DESC, c.id DESC}} "
      "LIMIT $2",
      callbacks_of_blocks());
  return kText;
}

/// Column by column what SourceActivity says, from the newest callback to the oldest.
void take_callback(SourceActivity& activity, const SqlRow& row, UtcTime& accepted_after) {
  if (row.bytes(1) == "rejected") {
    if (activity.last_accepted_at) return;
    if (++activity.rejected_in_row == 1) activity.last_reason = text_of(row, 2);
    return;
  }
  const UtcTime received_at = row.time(0);
  if (activity.last_accepted_at) {
    // Those of several nodes may stand a little out of their order.
    const auto gap = std::chrono::floor<Milliseconds>(accepted_after - received_at);
    activity.longest_gap = std::max(activity.longest_gap, gap);
  } else {
    activity.last_accepted_at = received_at;
  }
  accepted_after = received_at;
  ++activity.sampled;
}

/// The endpoints that have open events, by one probe of the index each. On SQLite leased events have an index of their
/// own; on PostgreSQL they stand in line at the end of their lease.
constexpr std::string_view kEndpoints =
    "WITH RECURSIVE endpoints (endpoint_key) AS ("
    "SELECT min(endpoint_key) FROM outbox_schedule WHERE {sqlite|lease_token IS NULL AND held = 0}{postgres|NOT held} "
    "UNION ALL SELECT (SELECT min(s.endpoint_key) FROM outbox_schedule AS s WHERE s.endpoint_key > "
    "endpoints.endpoint_key AND {sqlite|s.lease_token IS NULL AND s.held = 0}{postgres|NOT s.held}) FROM endpoints "
    "WHERE endpoints.endpoint_key IS NOT NULL) ";

/// How one endpoint's events stand in line. As a range and in this order for PostgreSQL's index, as above.
constexpr std::string_view kLine =
    "{sqlite|s.endpoint_key = endpoints.endpoint_key AND s.lease_token IS NULL AND s.held = 0 "
    "ORDER BY s.available_at, s.sequence}"
    "{postgres|s.endpoint_key >= endpoints.endpoint_key AND s.endpoint_key <= endpoints.endpoint_key AND NOT s.held "
    "ORDER BY s.endpoint_key, s.available_at, s.sequence}";

/// The first in each line; of them, those that were due.
const std::string& backlog_text() {
  static const std::string kText = fmt::format(
      "{}, fronts AS (SELECT endpoint_key, (SELECT s.sequence FROM outbox_schedule AS s WHERE {} LIMIT 1) AS sequence "
      "FROM endpoints) {}",
      kEndpoints, kLine,
      "SELECT (SELECT e.platform FROM outbox_events AS e WHERE e.sequence = s.sequence), s.endpoint_key, "
      "s.next_attempt_at FROM fronts CROSS JOIN outbox_schedule AS s "
      "WHERE s.sequence = fronts.sequence AND s.available_at < {sqlite|$2}{postgres|$1} "
      "ORDER BY s.next_attempt_at, s.endpoint_key");
  return kText;
}

/// An event that was never tried and has an error was given back with it.
constexpr std::string_view kSetAside =
    "SELECT (SELECT e.platform FROM outbox_events AS e WHERE e.sequence = line.sequence), last_error, "
    "(SELECT e.id FROM outbox_events AS e WHERE e.sequence = line.sequence) FROM ("
    "SELECT s.sequence, s.status, s.last_error FROM outbox_schedule AS s WHERE "
    "{sqlite|s.endpoint_key = $1 AND s.lease_token IS NULL AND s.held = 0 ORDER BY s.available_at, s.sequence}"
    "{postgres|s.endpoint_key >= $1 AND s.endpoint_key <= $1 AND NOT s.held "
    "ORDER BY s.endpoint_key, s.available_at, s.sequence} LIMIT $2) AS line "
    "WHERE status = 'pending' AND last_error IS NOT NULL";

// Of each platform and class: how many, and the newest one. What is asked for row by row stands in the list of columns,
// where PostgreSQL cannot turn it into a join that reads the whole table.
constexpr std::string_view kRanked =
    "count(*) OVER (PARTITION BY platform, error_class) AS counted, "
    "row_number() OVER (PARTITION BY platform, error_class ORDER BY created_at DESC, sequence DESC) AS place";

const std::string& dead_letters_text() {
  static const std::string kText = fmt::format(
      "SELECT platform, error_class, counted, created_at, event_id, final_error FROM ("
      "SELECT platform, error_class, created_at, event_id, final_error, {} FROM ("
      "SELECT platform, error_class, created_at, event_id, final_error, sequence, "
      "(SELECT a.status FROM outbox_abandoned AS a WHERE a.sequence = newest.sequence) AS status FROM ("
      "SELECT platform, coalesce(error_class, '') AS error_class, created_at, event_id, final_error, "
      "(SELECT e.sequence FROM outbox_events AS e WHERE e.id = d.event_id) AS sequence "
      "FROM cs_platform_event_dead_letters AS d WHERE created_at >= $1 ORDER BY created_at DESC LIMIT {}) AS newest) "
      "AS settled WHERE status = 'dead_letter') AS ranked WHERE place = 1 ORDER BY counted DESC, platform, error_class",
      kRanked, kSampledDeadLetters);
  return kText;
}

const std::string& failures_text() {
  static const std::string kText = fmt::format(
      "SELECT platform, error_class, response_status, counted, created_at, "
      "(SELECT e.id FROM outbox_events AS e WHERE e.sequence = ranked.sequence), error_message FROM ("
      "SELECT sequence, platform, error_class, response_status, created_at, error_message, {} FROM ("
      "SELECT sequence, (SELECT e.platform FROM outbox_events AS e WHERE e.sequence = a.sequence) AS platform, "
      "error_class, response_status, created_at, error_message FROM outbox_attempts AS a "
      "WHERE error_class IS NOT NULL AND created_at >= {{sqlite|$2}}{{postgres|$1}} "
      "ORDER BY created_at DESC LIMIT {}) AS newest WHERE platform IS NOT NULL) AS ranked "
      "WHERE place = 1 ORDER BY counted DESC, platform, error_class",
      kRanked, kSampledAttempts);
  return kText;
}

/// A moment as `$1`, and as SQLite's outbox holds it, microseconds, as `$2`.
std::vector<SessionValue> moment(UtcTime time) {
  return {time, to_unix_micros(time)};
}

}  // namespace

Result<std::vector<SourceActivity>> source_activity(Store& store) {
  std::vector<SourceActivity> activities;
  const auto done = store.look([&](Session& session) -> Result<void> {
    activities.clear();
    session.send(kSources, {}, [&](const SqlRow& row) { activities.push_back({.source = text_of(row, 0)}); });
    if (auto finished = session.finish(); !finished) return finished;
    std::vector<UtcTime> accepted_after(activities.size());
    for (std::size_t i = 0; i < activities.size(); ++i) {
      session.send(newest_of_source_text(), {activities[i].source, std::int64_t{kSampledCallbacks}},
                   [&, i](const SqlRow& row) { take_callback(activities[i], row, accepted_after[i]); });
    }
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  // What is left in callback_blocks of a source whose callbacks all went.
  std::erase_if(activities,
                [](const SourceActivity& each) { return !each.last_accepted_at && each.rejected_in_row == 0; });
  return activities;
}

Result<std::vector<PlatformBacklog>> backlog(Store& store, UtcTime now) {
  std::vector<PlatformBacklog> found;
  const auto done = store.look([&](Session& session) -> Result<void> {
    found.clear();
    session.send(backlog_text(), moment(now), [&](const SqlRow& row) {
      found.push_back({.platform = text_of(row, 0), .endpoint_key = row.integer(1), .oldest_due_at = row.time(2)});
    });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return found;
}

Result<std::vector<SetAside>> set_aside(Store& store) {
  std::map<std::pair<std::string, std::string>, SetAside> by_reason;
  static const std::string kKeys =
      fmt::format("{}SELECT endpoint_key FROM endpoints WHERE endpoint_key IS NOT NULL", kEndpoints);
  const auto done = store.look([&](Session& session) -> Result<void> {
    by_reason.clear();
    std::vector<std::int64_t> keys;
    session.send(kKeys, {}, [&](const SqlRow& row) { keys.push_back(row.integer(0)); });
    if (auto finished = session.finish(); !finished) return finished;
    for (const std::int64_t key : keys) {
      session.send(kSetAside, {key, std::int64_t{kSampledInLine}}, [&](const SqlRow& row) {
        SetAside& each = by_reason[{text_of(row, 0), text_of(row, 1)}];
        if (each.count++ > 0) return;
        each.platform = text_of(row, 0);
        each.reason = text_of(row, 1);
        each.example_id = text_of(row, 2);
      });
    }
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  std::vector<SetAside> found;
  for (auto& [key, each] : by_reason) found.push_back(std::move(each));
  return found;
}

Result<std::vector<DeadLetterCause>> dead_letter_causes(Store& store, std::optional<UtcTime> since) {
  std::vector<DeadLetterCause> causes;
  const auto done = store.look([&](Session& session) -> Result<void> {
    causes.clear();
    session.send(dead_letters_text(), {since.value_or(UtcTime{})}, [&](const SqlRow& row) {
      causes.push_back({.platform = text_of(row, 0),
                        .error_class = text_of(row, 1),
                        .count = row.integer(2),
                        .newest_at = row.time(3),
                        .example_id = text_of(row, 4),
                        .example_error = text_of(row, 5)});
    });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return causes;
}

Result<std::vector<FailureCause>> failure_causes(Store& store, UtcTime since) {
  std::vector<FailureCause> causes;
  const auto done = store.look([&](Session& session) -> Result<void> {
    causes.clear();
    session.send(failures_text(), moment(since), [&](const SqlRow& row) {
      causes.push_back({.platform = text_of(row, 0),
                        .error_class = text_of(row, 1),
                        .response_status = row.integer(2),
                        .count = row.integer(3),
                        .newest_at = row.time(4),
                        .example_id = text_of(row, 5),
                        .example_error = text_of(row, 6)});
    });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return causes;
}

}  // namespace yizhan::store

#include "store/alerts.h"

#include <fmt/format.h>

#include "store/session.h"
#include "store/store.h"

namespace yizhan::store {
namespace {

constexpr std::string_view kAlertColumns =
    "id, cause, rule, subject, title, facts, occurrences, told, raised_at, last_held_at, told_at, cleared_at";

const std::string& open_text() {
  static const std::string kText = fmt::format(
      "SELECT {} FROM alerts WHERE cleared_at IS NULL ORDER BY raised_at, id LIMIT {}", kAlertColumns, kMaxOpenAlerts);
  return kText;
}

/// The order of the ids is that in which they were raised.
const std::string& newest_alerts_text() {
  static const std::string kText = fmt::format("SELECT {} FROM alerts ORDER BY id DESC LIMIT $1", kAlertColumns);
  return kText;
}

const std::string& put_text() {
  static const std::string kText = fmt::format(
      "INSERT INTO alerts ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
      "ON CONFLICT (id) DO UPDATE SET title = excluded.title, facts = excluded.facts, "
      "occurrences = excluded.occurrences, told = excluded.told, last_held_at = excluded.last_held_at, "
      "told_at = excluded.told_at, cleared_at = excluded.cleared_at",
      kAlertColumns);
  return kText;
}

/// As a producer hands events over: the engine's triggers do what there is to be done, and tell other nodes.
constexpr std::string_view kHandOver =
    "INSERT INTO cs_platform_event_outbox (id, platform, event_type, callback_target, payload, correlation, "
    "created_at, "
    "next_attempt_at) VALUES ($1, $2, $3, '', $4, $5, $6, $6)";

void send_events(Session& session, const std::vector<AlertEvent>& events, const std::string& correlation, UtcTime now) {
  for (const AlertEvent& event : events) {
    session.send(kHandOver, {event.id, event.platform, event.event_type, event.payload, correlation, now});
  }
}

/// Whoever reads the open episodes after this sees what the others wrote. SQLite has one writer.
constexpr std::string_view kOneAfterTheOther = "{postgres|LOCK TABLE alerts IN SHARE ROW EXCLUSIVE MODE}";

AlertEpisode read_episode(const SqlRow& row) {
  return {.id = text_of(row, 0),
          .cause = text_of(row, 1),
          .rule = text_of(row, 2),
          .subject = text_of(row, 3),
          .title = text_of(row, 4),
          .facts = text_of(row, 5),
          .count = row.integer(6),
          .told = row.integer(7),
          .raised_at = row.time(8),
          .last_held_at = row.time(9),
          .told_at = row.time(10),
          .cleared_at = optional_time(row, 11)};
}

RowReader into(std::vector<AlertEpisode>& episodes) {
  return [&episodes](const SqlRow& row) { episodes.push_back(read_episode(row)); };
}

SessionValue value_of(const std::optional<UtcTime>& time) {
  return time ? SessionValue(*time) : SessionValue();
}

Result<std::vector<AlertEpisode>> look_for(Store& store, const std::string& text, std::vector<SessionValue> values) {
  std::vector<AlertEpisode> episodes;
  const auto done = store.look([&](Session& session) -> Result<void> {
    episodes.clear();
    session.send(text, values, into(episodes));
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return episodes;
}

}  // namespace

Result<std::vector<AlertChange>> fold_alerts(Store& store, const AlertFold& fold, UtcTime now) {
  std::vector<AlertChange> changes;
  const auto done = store.transact("fold_alerts.before_commit", [&](Session& session) -> Result<void> {
    std::vector<AlertEpisode> open;
    session.send(kOneAfterTheOther, {});
    session.send(open_text(), {}, into(open));
    if (auto finished = session.finish(); !finished) return finished;
    changes = fold(open);
    for (const auto& [episode, events] : changes) {
      session.send(put_text(), {episode.id, episode.cause, episode.rule, episode.subject, episode.title, episode.facts,
                                episode.count, episode.told, episode.raised_at, episode.last_held_at, episode.told_at,
                                value_of(episode.cleared_at)});
      send_events(session, events, episode.id, now);
    }
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return changes;
}

Result<void> hand_over_alerts(Store& store, const std::vector<AlertEvent>& events, std::string_view correlation,
                              UtcTime now) {
  return store.transact("hand_over_alerts.before_commit", [&](Session& session) -> Result<void> {
    send_events(session, events, std::string(correlation), now);
    return session.finish();
  });
}

Result<std::vector<AlertEpisode>> open_alerts(Store& store) {
  return look_for(store, open_text(), {});
}

Result<std::vector<AlertEpisode>> newest_alerts(Store& store, int limit) {
  return look_for(store, newest_alerts_text(), {std::int64_t{limit}});
}

}  // namespace yizhan::store

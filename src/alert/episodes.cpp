#include "alert/episodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace yizhan::alert {
namespace {

using store::AlertEpisode;

Alert::State state_of(const AlertEpisode& episode) {
  if (episode.cleared_at) return Alert::State::kCleared;
  return episode.told == 1 ? Alert::State::kRaised : Alert::State::kContinues;
}

AlertEpisode begin(const Condition& condition, UtcTime now, std::string id) {
  return {.id = std::move(id),
          .cause = cause_of(condition),
          .rule = std::string(to_string(condition.rule)),
          .subject = condition.subject,
          .title = condition.title,
          .facts = write_facts(condition.facts),
          .count = std::max<std::int64_t>(1, condition.known),
          .told = 1,
          .raised_at = now,
          .last_held_at = now,
          .told_at = now,
          .cleared_at = std::nullopt};
}

/// Whether a window has passed since the last alert; the next one begins.
bool hold(AlertEpisode& episode, const Condition& condition, const FoldSettings& settings, UtcTime now) {
  episode.count += condition.occurrences;
  // Nodes' clocks differ: no time goes back.
  episode.last_held_at = std::max(episode.last_held_at, now);
  if (now - episode.told_at < settings.window) return false;
  episode.title = condition.title;
  episode.facts = write_facts(condition.facts);
  episode.told_at = now;
  ++episode.told;
  return true;
}

bool is_over(const AlertEpisode& episode, const FoldSettings& settings, UtcTime now) {
  return now - std::max(episode.last_held_at, settings.watching_since) >= settings.clear_after;
}

}  // namespace

std::string cause_of(const Condition& condition) {
  return fmt::format("{}:{}", to_string(condition.rule), condition.subject);
}

Alert alert_of(const AlertEpisode& episode) {
  return {.id = episode.id,
          .cause = episode.cause,
          .rule = parse_rule(episode.rule).value_or(Rule::kTest),
          .subject = episode.subject,
          .state = state_of(episode),
          .title = episode.title,
          .facts = read_facts(episode.facts).value_or(Facts()),
          .count = episode.count,
          .raised_at = episode.raised_at,
          .at = episode.cleared_at.value_or(episode.told_at)};
}

std::vector<Fold> fold(const std::vector<AlertEpisode>& open, const std::vector<Condition>& holding,
                       const FoldSettings& settings, UtcTime now, const std::function<std::string()>& make_id) {
  std::vector<Fold> changes;
  std::map<std::string, const Condition*> by_cause;
  for (const Condition& condition : holding) by_cause.emplace(cause_of(condition), &condition);
  std::set<std::string> known;
  for (const AlertEpisode& before : open) {
    known.insert(before.cause);
    AlertEpisode episode = before;
    const auto found = by_cause.find(episode.cause);
    if (found != by_cause.end()) {
      const bool tell = hold(episode, *found->second, settings, now);
      if (episode == before) continue;
      changes.push_back({episode, tell ? std::optional(alert_of(episode)) : std::nullopt});
    } else if (is_over(episode, settings, now)) {
      episode.cleared_at = std::max(now, episode.last_held_at);
      changes.push_back({episode, alert_of(episode)});
    }
  }
  std::size_t room = store::kMaxOpenAlerts - std::min<std::size_t>(open.size(), store::kMaxOpenAlerts);
  for (const auto& [cause, condition] : by_cause) {
    // What is beyond the limit is not read back, so it must not be begun.
    if (known.contains(cause) || room == 0) continue;
    const AlertEpisode episode = begin(*condition, now, make_id());
    changes.push_back({episode, alert_of(episode)});
    --room;
  }
  return changes;
}

}  // namespace yizhan::alert

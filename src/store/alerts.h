// Alerts that are raised: an episode lasts from the moment at which something begins to be wrong until it is over. What
// belongs into it is decided by alert/episodes.h; here it is kept, so that it outlives a restart and several nodes tell
// of it once. Functions of a Store, written once for both engines. Errors as in store.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace yizhan::store {

class Store;

struct AlertEpisode {
  std::string id;     ///< UUIDv7
  std::string cause;  ///< `<rule>:<subject>`; at most one episode of a cause is open
  std::string rule;
  std::string subject;
  std::string title;       ///< of the alert sent last
  std::string facts;       ///< its evidence, as alert.h writes it
  std::int64_t count = 1;  ///< occurrences so far
  std::int64_t told = 1;   ///< alerts that were sent of it
  UtcTime raised_at{};
  UtcTime last_held_at{};  ///< when a node last saw it hold
  UtcTime told_at{};       ///< of the last alert
  std::optional<UtcTime> cleared_at{};

  bool operator==(const AlertEpisode&) const = default;
};

/// An outbox event that tells of an episode, due at once.
struct AlertEvent {
  std::string id;
  std::string platform;
  std::string event_type;
  std::string payload;
};

/// An episode as it is from now on, be it new, and what is told of it.
struct AlertChange {
  AlertEpisode episode;
  std::vector<AlertEvent> events{};
};

/// What to change, given the open episodes, oldest first. May be called several times, when others were in the way.
using AlertFold = std::function<std::vector<AlertChange>(const std::vector<AlertEpisode>& open)>;

/// One transaction: episodes change and their events are handed over, or neither. Nodes that fold at the same moment
/// come one after the other, each on what the one before left. The events carry the episode's id as correlation and are
/// not routed: tell the dispatcher of kUnrouted. Answers what was changed. On the thread that writes.
Result<std::vector<AlertChange>> fold_alerts(Store& store, const AlertFold& fold, UtcTime now);

/// Events that belong to no episode: a test of the channels. One transaction.
Result<void> hand_over_alerts(Store& store, const std::vector<AlertEvent>& events, std::string_view correlation,
                              UtcTime now);

inline constexpr int kMaxOpenAlerts = 1000;
/// Oldest first, at most kMaxOpenAlerts.
Result<std::vector<AlertEpisode>> open_alerts(Store& store);
/// Open ones and past ones, newest first.
Result<std::vector<AlertEpisode>> newest_alerts(Store& store, int limit);

}  // namespace yizhan::store

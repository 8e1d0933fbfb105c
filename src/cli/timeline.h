// The way of one event, told in order: accepted, each attempt, what became of it, what comes next. This is the
// product's answer to "where is it?".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/moments.h"
#include "cli/terminal.h"
#include "store/audit.h"
#include "store/replay_jobs.h"
#include "store/store.h"

namespace yizhan::cli {

/// Everything the store knows about one event.
struct EventStory {
  store::EventView event;
  std::vector<store::AttemptView> attempts;  ///< by attempt_no
  std::optional<store::DeadLetterView> dead_letter;
  std::optional<store::DisabledEndpoint> disabled;  ///< its endpoint, when that is disabled
  std::vector<store::AuditEntry> acts{};            ///< what people did to it, oldest first
  std::vector<store::ReplayOfEvent> replays{};      ///< its releases by replays of many, oldest first
};

/// What is to be done about it, for a person: sentences, the first says how it stands.
std::vector<std::string> next_steps(const EventStory& story, UtcTime now);

/// What a failure of this class usually means and what mends it; one sentence.
std::string_view advice(ErrorClass error_class, int response_status);

struct TimelineOptions {
  int width = 0;  ///< columns; 0: no limit
  bool color = false;
  bool whole_payload = false;    ///< instead of its beginning
  bool response_bodies = false;  ///< the beginning of each response, too
};
/// Several lines, each ended by '\n'.
std::string render_timeline(const EventStory& story, UtcTime now, const TimelineOptions& options);

/// What happened, and what is still to come, in order. `response_bodies`: the beginning of each, too.
std::vector<Moment> moments_of(const EventStory& story, UtcTime now, bool response_bodies);

/// The attempt's error message, unless it says no more than the status that stands beside it.
std::string_view error_beyond_status(const store::AttemptView& attempt);

Style style_of(EventStatus status);

}  // namespace yizhan::cli

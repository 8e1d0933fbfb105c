// Gathers what the store knows about one event, for the time line and for --json.
#pragma once

#include "cli/json_output.h"
#include "cli/timeline.h"
#include "config/config.h"

namespace yizhan::cli {

/// Code `event_not_found`. The configuration tells which endpoint a path belongs to.
Result<EventStory> find_story(store::Store& store, std::string_view id, const config::Config& config);

/// The event with `payload`, `attempts`, `dead_letter`, `endpoint_disabled` and `next_steps`, as one object.
void write_story(JsonWriter& writer, const EventStory& story, UtcTime now);
/// The same as one line.
std::string story_json(const EventStory& story, UtcTime now);

}  // namespace yizhan::cli

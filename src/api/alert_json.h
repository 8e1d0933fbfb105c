// Alerts as JSON, in the API and with --json.
#pragma once

#include "base/json_writer.h"
#include "store/alerts.h"

namespace yizhan::api {

/// An episode: what is or was wrong, since when, how often, what was told last.
void write_alert(JsonWriter& writer, const store::AlertEpisode& episode);

}  // namespace yizhan::api

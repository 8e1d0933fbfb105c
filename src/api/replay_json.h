// Replay jobs as JSON: the API's answers, and what the command line prints with --json.
#pragma once

#include <vector>

#include "base/json_writer.h"
#include "store/replay_jobs.h"

namespace yizhan::api {

void write_replay(JsonWriter& writer, const store::ReplayJob& job);
void write_replay_of_event(JsonWriter& writer, const store::ReplayOfEvent& replay);
/// `{"matching": …, "secret": …, "causes": […]}`
std::string replay_preview_json(const std::vector<store::CauseCount>& causes, SigningSecret secret);

}  // namespace yizhan::api

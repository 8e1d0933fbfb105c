// The part of the OpenAPI document that is about replays and the audit trail.
#pragma once

#include <string>
#include <string_view>

namespace yizhan::api {

/// Members of `paths`, with a comma after the last.
std::string replay_paths();
/// Members of `components.schemas`, likewise.
extern const std::string_view kReplaySchemas;

}  // namespace yizhan::api

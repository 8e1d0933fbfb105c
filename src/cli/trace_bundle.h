// A trace for programs, and for people who have no access to this machine.
#pragma once

#include <string>

#include "cli/trace_story.h"

namespace yizhan::cli {

/// One line: {"key", "found_as", "callbacks", "orders", "parcels", "notifications", "devices", "events", "next_steps"}.
std::string trace_json(const TraceStory& story, UtcTime now);

/// Writes a file that may be passed on: the trace with the payloads, bodies, headers and responses left out (their
/// size and the beginning of their SHA-256 stand instead), and for each event a curl command that repeats its delivery,
/// with the payload and the secret as files to be put in. Code `file_not_written`.
Result<void> write_bundle(const std::string& path, const TraceStory& story, UtcTime now, const config::Config& config);

}  // namespace yizhan::cli

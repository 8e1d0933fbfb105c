// How the sink answers a callback, said by its path, so that one sink serves a whole demonstration:
//
//   /ok                    200
//   /fail/STATUS           always that status (200–599)
//   /flaky/N               500 for the first N attempts of an event, then 200
//   /retry-after/SECONDS   503 with Retry-After for an event's first attempt, then 200
//   /gone                  410
//   /slow/MILLISECONDS     200 after that time
//   /hang                  takes the request and never answers
//   /drip                  answers a byte at a time, for ever
//   /flood                 answers with a body that does not end
//   /redirect              302 to /ok of the same sink
//   /close                 closes the connection instead of answering
//   /garbage               answers with something that is not HTTP
//
// What follows in the path is ignored, so that a base URL may end with one of these.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace yizhan::cli {

struct SinkBehaviour {
  enum class Kind { kAnswer, kFlaky, kRetryAfter, kSlow, kHang, kDrip, kFlood, kRedirect, kClose, kGarbage };
  Kind kind = Kind::kAnswer;
  int status = 200;       ///< kAnswer
  int failures = 0;       ///< kFlaky
  Seconds retry_after{};  ///< kRetryAfter
  Milliseconds delay{};   ///< kSlow
};

/// Nothing when the path does not begin with one of the names above. Code `usage_invalid` when it does and its number
/// is missing or out of range.
Result<std::optional<SinkBehaviour>> parse_sink_behaviour(std::string_view path);

}  // namespace yizhan::cli

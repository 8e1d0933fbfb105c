// What a call by HTTP comes to as an attempt: the part that callbacks and push services have in common.
#pragma once

#include <expected>

#include "domain/attempt.h"
#include "http/client.h"

namespace yizhan::http {

/// A failure keeps its class; an answer has that of its status, and a message unless it is 2xx. The head is cut to
/// kStoredResponseBytes.
AttemptOutcome attempt_outcome(std::expected<Response, Failure>&& answer, UtcTime started, UtcTime ended);

}  // namespace yizhan::http

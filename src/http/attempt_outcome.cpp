#include "http/attempt_outcome.h"

#include <fmt/format.h>

#include <algorithm>

namespace yizhan::http {

AttemptOutcome attempt_outcome(std::expected<Response, Failure>&& answer, UtcTime started, UtcTime ended) {
  AttemptOutcome outcome;
  outcome.started_at = started;
  outcome.duration = std::max(ended - started, Microseconds{0});
  if (!answer) {
    outcome.error_class = answer.error().error_class;
    outcome.error_message = std::move(answer.error().message);
    return outcome;
  }
  outcome.response_status = answer->status;
  outcome.error_class = class_of_status(answer->status);
  outcome.response_head = std::move(answer->body);
  if (outcome.response_head.size() > kStoredResponseBytes) outcome.response_head.resize(kStoredResponseBytes);
  outcome.retry_after = std::move(answer->retry_after);
  if (!outcome.succeeded()) outcome.error_message = fmt::format("answered with status {}", answer->status);
  return outcome;
}

}  // namespace yizhan::http

#include "dispatch/attempt_log.h"

#include "base/log.h"

namespace yizhan::dispatch {

void log_attempt(const QueuedEvent& queued, const AttemptOutcome& outcome, const Decision& decision) {
  const log::Level level = outcome.succeeded() ? log::Level::kDebug : log::Level::kWarning;
  if (!log::enabled(level)) return;
  const store::Event& event = queued.claimed.event;
  const bool retrying = decision.next_status == EventStatus::kRetrying;
  log::write(level, "attempt",
             {{"eventId", event.id},
              {"platform", event.platform},
              {"eventType", event.event_type},
              {"correlation", event.correlation},
              {"endpoint", queued.route->endpoint_url},
              {"attempt", queued.claimed.attempt_count + 1},
              {"responseStatus", outcome.response_status},
              {"errorClass", to_string(outcome.error_class)},
              {"error", outcome.error_message},
              {"durationMs", std::chrono::duration_cast<Milliseconds>(outcome.duration).count()},
              {"status", to_string(decision.next_status)},
              {"nextAttemptAt", retrying ? to_rfc3339(decision.next_attempt_at) : std::string()}});
}

void log_result_refused(const Endpoint& target) {
  log::warning("result_refused", {{"endpoint", target.route ? target.route->endpoint_url : std::string()},
                                  {"reason", "the lease was lost: another node or a hand edit took the event"}});
}

void log_endpoint_disabled(const store::DisabledEndpoint& endpoint) {
  log::warning("endpoint_disabled",
               {{"platform", endpoint.platform}, {"endpoint", endpoint.url}, {"reason", endpoint.reason}});
}

void log_endpoint_not_disabled(const store::DisabledEndpoint& endpoint, const Error& error) {
  log::error("endpoint_disable_not_stored",
             {{"platform", endpoint.platform}, {"endpoint", endpoint.url}, {"error", error.message}});
}

}  // namespace yizhan::dispatch

#include "dispatch/attempt_log.h"

#include "base/trace_context.h"

namespace yizhan::dispatch {

void log_attempt(const QueuedEvent& queued, const AttemptOutcome& outcome, const Decision& decision,
                 log::Level deliveries_at) {
  const log::Level level = outcome.succeeded() ? deliveries_at : log::Level::kWarning;
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
              {"nextAttemptAt", retrying ? to_rfc3339(decision.next_attempt_at) : std::string()},
              {"traceId", trace_id(event.traceparent)},
              {"spanId", parent_span_id(event.traceparent)}});
  if (decision.next_status != EventStatus::kDeadLetter) return;
  log::warning("dead_letter", {{"eventId", event.id},
                               {"platform", event.platform},
                               {"eventType", event.event_type},
                               {"correlation", event.correlation},
                               {"endpoint", queued.route->endpoint_url},
                               {"attempts", queued.claimed.attempt_count + 1},
                               {"errorClass", to_string(outcome.error_class)},
                               {"error", outcome.error_message},
                               {"traceId", trace_id(event.traceparent)}});
}

void log_breaker(Endpoint& target, SteadyTime now) {
  const Breaker::State state = target.breaker.state(now);
  if (state == target.logged_breaker) return;
  target.logged_breaker = state;
  log::write(state == Breaker::State::kOpen ? log::Level::kWarning : log::Level::kInfo, "breaker",
             {{"platform", target.route ? target.route->platform->name : std::string()},
              {"endpoint", target.route ? target.route->endpoint_url : std::string()},
              {"state", to_string(state)},
              {"failuresInRow", target.failures_in_row},
              {"error", target.last_error}});
}

void log_endpoint_enabled(const Endpoint& endpoint) {
  log::info("endpoint_enabled", {{"platform", endpoint.route ? endpoint.route->platform->name : std::string()},
                                 {"endpoint", endpoint.route ? endpoint.route->endpoint_url : std::string()}});
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

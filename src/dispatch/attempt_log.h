// The dispatcher's lines in the log: one wide line for each attempt, with every field an operator filters on, and one
// for each thing that changes an endpoint. docs/logs.md has the fields.
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "dispatch/endpoint.h"
#include "domain/decide.h"

namespace yizhan::dispatch {

/// `deliveries_at`: the level of those that delivered.
void log_attempt(const QueuedEvent& queued, const AttemptOutcome& outcome, const Decision& decision,
                 log::Level deliveries_at);
/// A line when the breaker's state is not the one that was logged last; notes it in the endpoint.
void log_breaker(Endpoint& target, SteadyTime now);
void log_result_refused(const Endpoint& target);
void log_endpoint_enabled(const Endpoint& endpoint);
void log_endpoint_disabled(const store::DisabledEndpoint& endpoint);
void log_endpoint_not_disabled(const store::DisabledEndpoint& endpoint, const Error& error);

}  // namespace yizhan::dispatch

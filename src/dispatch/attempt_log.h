// The dispatcher's lines in the log: one wide line for each attempt, with every field an operator filters on, and one
// for each thing that changes an endpoint. Deliveries are at level debug, failures at level warning.
#pragma once

#include "base/error.h"
#include "dispatch/endpoint.h"
#include "domain/decide.h"

namespace yizhan::dispatch {

void log_attempt(const QueuedEvent& queued, const AttemptOutcome& outcome, const Decision& decision);
void log_result_refused(const Endpoint& target);
void log_endpoint_disabled(const store::DisabledEndpoint& endpoint);
void log_endpoint_not_disabled(const store::DisabledEndpoint& endpoint, const Error& error);

}  // namespace yizhan::dispatch

#include "app/dispatch_bridge.h"

#include <algorithm>
#include <chrono>

namespace yizhan::app {
namespace {

api::EndpointState state_of(const dispatch::Endpoint& endpoint, SteadyTime now, UtcTime wall_now) {
  api::EndpointState state;
  state.key = endpoint.key;
  if (endpoint.route) {
    state.platform = endpoint.route->platform->name;
    state.url = endpoint.route->endpoint_url;
  }
  state.breaker = endpoint.breaker.state(now);
  auto held_back_until = endpoint.breaker.next_chance(now);
  if (const auto token = endpoint.rate.next_token(now)) held_back_until = std::max(held_back_until, token);
  if (held_back_until) {
    state.paused_until = wall_now + std::chrono::duration_cast<Microseconds>(*held_back_until - now);
  }
  state.in_flight = static_cast<std::size_t>(endpoint.breaker.in_flight());
  state.queued = endpoint.queue.size();
  state.failures_in_row = endpoint.failures_in_row;
  state.last_error = endpoint.last_error;
  state.disabled = endpoint.disabled;
  if (endpoint.disabled) {
    state.disabled_reason = endpoint.disabled_reason;
    state.disabled_at = endpoint.disabled_at;
  }
  UtcTime oldest = endpoint.next_due;
  if (!endpoint.queue.empty()) oldest = std::min(oldest, endpoint.queue.front().claimed.next_attempt_at);
  if (oldest <= wall_now) state.oldest_due_at = oldest;
  return state;
}

}  // namespace

std::vector<api::EndpointState> DispatchBridge::endpoints() const {
  const SteadyTime now = std::chrono::steady_clock::now();
  const UtcTime wall_now = utc_now();
  std::vector<api::EndpointState> states;
  for (const auto& [key, endpoint] : dispatcher_.endpoints()) {
    if (key != store::kUnrouted) states.push_back(state_of(*endpoint, now, wall_now));
  }
  return states;
}

std::vector<api::DeliveryCounters> DispatchBridge::delivery_counters() const {
  std::vector<api::DeliveryCounters> all;
  for (const auto& [platform, counters] : dispatcher_.counters()) {
    all.push_back({.platform = platform,
                   .delivered = counters.delivered,
                   .dead_letters = counters.dead_letters,
                   .attempts_by_class = counters.attempts_by_class,
                   .lag = counters.lag});
  }
  return all;
}

Result<void> RouteOnlyIntake::prepare(store::NewEvent& event) {
  auto route = dispatch::name_endpoint(lane_, event);
  if (!route) return std::unexpected(std::move(route.error()));
  return {};
}

}  // namespace yizhan::app

// How the dispatcher learns of work: claims, wake-ups at due times, and the poll for what nobody tells it.
#include <algorithm>

#include "base/log.h"
#include "dispatch/attempt_log.h"
#include "dispatch/dispatcher.h"
#include "domain/lease.h"

namespace yizhan::dispatch {
namespace {

/// How long an event that cannot be routed (its platform is not configured) waits before it is looked at again.
constexpr Seconds kUnroutableWait{60};
/// Pause before a claim that the store refused is tried again.
constexpr Milliseconds kStorePause{250};
/// Endpoints read from the store in one look.
constexpr int kEndpointsPerLook = 1000;
/// Batches of one endpoint that are claimed in one go while its backlog fills each of them.
constexpr std::size_t kBatchesAtOnce = 16;

}  // namespace

void Dispatcher::start() {
  poll();
}

// ---- claims
// ----------------------------------------------------------------------------------------------------------

void Dispatcher::claim_due(const EndpointPtr& target) {
  if (target->disabled || target->claims_waiting > 0 || target->next_due > utc_now()) return;
  const SteadyTime now = steady_now();
  if (target->breaker.next_chance(now)) return;
  const std::size_t held = target->queue.size() + static_cast<std::size_t>(target->reserved);
  const std::size_t most = options_.queued_events_per_endpoint;
  const std::size_t room = most - std::min(held, most);
  // Claiming again only when half of the queue is gone makes for full batches.
  if (held > 0 && (room < most / 2 || !has_room(*target, 0))) return;
  auto batch = static_cast<std::size_t>(target->policy.batch_size);
  std::size_t batches = 1;
  if (target->breaker.state(now) != Breaker::State::kClosed) {
    batch = 1;  // a probe; what else was claimed would only wait in memory for its outcome
  } else if (target->last_claim_full && queued_bytes_ < options_.queued_bytes / 2) {
    batches = std::clamp<std::size_t>(room / batch, 1, kBatchesAtOnce);
  }
  target->next_due = kNever;
  claim(target, static_cast<int>(std::clamp<std::size_t>(room, 1, batch * batches)));
}

void Dispatcher::claim(const EndpointPtr& target, int limit) {
  store::ClaimRequest request;
  request.endpoint_key = target->key;
  request.limit = limit;
  request.lease_token = make_lease_token();
  request.lease = lease_duration(target->policy.timeout);
  const SteadyTime lease_until = steady_now() + request.lease;
  ++target->claims_waiting;
  ++claims_waiting_;
  commits_.claim(std::move(request),
                 [this, alive = std::weak_ptr(alive_), target, limit, lease_until](Result<store::ClaimReply> reply) {
                   if (!alive.expired()) claimed(target, limit, lease_until, std::move(reply));
                 });
}

void Dispatcher::claimed(const EndpointPtr& target, int limit, SteadyTime lease_until,
                         Result<store::ClaimReply> reply) {
  --target->claims_waiting;
  --claims_waiting_;
  if (stopping_) {
    // Nobody else would get them before the lease ends.
    if (reply) {
      for (store::ClaimedEvent& event : reply->events) give_back({std::move(event), lease_until, nullptr});
    }
    return finish_stop_if_idle();
  }
  if (!reply) {
    target->next_due = std::min(target->next_due, utc_now() + kStorePause);
    plan_wake(target);
    return;
  }
  target->last_claim_full = reply->events.size() == static_cast<std::size_t>(limit);
  if (reply->next_available_at) target->next_due = std::min(target->next_due, *reply->next_available_at);
  std::set<EndpointPtr> concerned{target};
  for (store::ClaimedEvent& event : reply->events) concerned.insert(place(target, std::move(event), lease_until));
  for (const EndpointPtr& each : concerned) advance(each);
}

Dispatcher::EndpointPtr Dispatcher::place(const EndpointPtr& source, store::ClaimedEvent event,
                                          SteadyTime lease_until) {
  QueuedEvent queued{std::move(event), lease_until, nullptr};
  auto route = lane_.route(queued.claimed.event.platform, queued.claimed.event.callback_target);
  if (!route) {
    set_aside(queued.claimed, route.error());
    return source;
  }
  queued.route = *route;
  if ((*route)->endpoint_key == source->key) {
    adopt_route(*source, *route);
    enqueue(*source, std::move(queued));
    return source;
  }
  // Handed over by SQL, or its platform's base URL has changed: it belongs to another endpoint.
  const EndpointPtr target = endpoint((*route)->endpoint_key);
  adopt_route(*target, *route);
  if (takes_newcomers(*target, queued.claimed.event.payload.size())) {
    enqueue(*target, std::move(queued));
  } else {
    target->next_due = std::min(target->next_due, queued.claimed.next_attempt_at);
    give_back(queued, target->key);
  }
  return target;
}

void Dispatcher::set_aside(const store::ClaimedEvent& event, const Error& reason) {
  log::warning("event_set_aside",
               {{"eventId", event.event.id}, {"platform", event.event.platform}, {"reason", reason.message}});
  commits_.release({event.sequence, event.lease_token, {}, utc_now() + kUnroutableWait, reason.message});
}

// ---- waking
// ----------------------------------------------------------------------------------------------------------

void Dispatcher::plan_wake(const EndpointPtr& target) {
  if (target->disabled) return;
  const SteadyTime now = steady_now();
  const auto chance = target->breaker.next_chance(now);
  SteadyTime wake = SteadyTime::max();
  if (!target->queue.empty()) {
    if (chance) wake = std::min(wake, *chance);
    if (const auto token = target->rate.next_token(now)) wake = std::min(wake, *token);
  }
  if (target->next_due != kNever && target->claims_waiting == 0) {
    const SteadyTime due = now + (target->next_due - utc_now());
    // An endpoint that is due but has no room is looked at when an attempt ends; no need to wake for that.
    if (due > now || chance) wake = std::min(wake, std::max(due, chance.value_or(now)));
  }
  if (wake >= target->planned_wake) return;
  target->planned_wake = wake;
  wakes_.add(wake, target->key);
  arm_wake_timer();
}

void Dispatcher::arm_wake_timer() {
  const auto earliest = wakes_.earliest();
  if (!earliest || *earliest >= wake_timer_at_) return;
  wake_timer_at_ = *earliest;
  wake_timer_.expires_at(*earliest);
  wake_timer_.async_wait([this, alive = std::weak_ptr(alive_)](http::ErrorCode error) {
    if (!alive.expired() && !error) wake_due();
  });
}

void Dispatcher::wake_due() {
  wake_timer_at_ = SteadyTime::max();
  const SteadyTime now = steady_now();
  while (const auto key = wakes_.take_due(now)) {
    const auto known = endpoints_.find(*key);
    if (known == endpoints_.end()) continue;
    const EndpointPtr target = known->second;
    target->planned_wake = SteadyTime::max();
    advance(target);
  }
  arm_wake_timer();
}

// ---- the poll
// --------------------------------------------------------------------------------------------------------

void Dispatcher::news(std::int64_t endpoint_key) {
  http::asio::post(io_, [this, alive = std::weak_ptr(alive_), endpoint_key] {
    if (alive.expired() || stopping_) return;
    if (endpoint_key == store::kUnrouted) poll();
    const EndpointPtr target = endpoint(endpoint_key);
    target->next_due = std::min(target->next_due, utc_now());
    advance(target);
  });
}

void Dispatcher::endpoint_enabled(std::int64_t endpoint_key) {
  const EndpointPtr target = endpoint(endpoint_key);
  if (target->disabled) log_endpoint_enabled(*target);
  target->disabled = false;
  target->breaker.reset();
  target->next_due = utc_now();
  advance(target);
}

void Dispatcher::poll() {
  if (stopping_) return;
  if (polling_) {
    poll_wanted_ = true;
    return;
  }
  polling_ = true;
  const bool taken = reads_.run([this, &io = io_, alive = std::weak_ptr(alive_)](store::Store& store) {
    http::asio::post(io, [this, alive, disabled = store.disabled_endpoints()] {
      if (alive.expired() || stopping_) return;
      if (!disabled) return poll_again_later();
      polled_disabled(*disabled);
      poll_from(INT64_MIN);
    });
  });
  if (!taken) poll_again_later();
}

void Dispatcher::poll_from(std::int64_t after) {
  const bool taken = reads_.run([this, &io = io_, alive = std::weak_ptr(alive_), after](store::Store& store) {
    http::asio::post(io, [this, alive, due = store.endpoints_due(after, kEndpointsPerLook)] {
      if (alive.expired() || stopping_) return;
      if (!due) return poll_again_later();
      polled_endpoints(*due);
      if (due->size() == static_cast<std::size_t>(kEndpointsPerLook)) return poll_from(due->back().endpoint_key);
      poll_again_later();
    });
  });
  if (!taken) poll_again_later();
}

void Dispatcher::polled_endpoints(const std::vector<store::EndpointDue>& due) {
  for (const store::EndpointDue& each : due) {
    const EndpointPtr target = endpoint(each.endpoint_key);
    target->next_due = std::min(target->next_due, each.available_at);
    advance(target);
  }
}

void Dispatcher::polled_disabled(const std::vector<store::DisabledEndpoint>& disabled) {
  std::set<std::int64_t> keys;
  for (const store::DisabledEndpoint& each : disabled) {
    keys.insert(each.endpoint_key);
    const EndpointPtr target = endpoint(each.endpoint_key);
    target->disabled = true;
    target->disabled_reason = each.reason;
    target->disabled_at = each.disabled_at;
    while (!target->queue.empty()) give_back(dequeue(*target));
  }
  std::vector<std::int64_t> enabled;
  for (const auto& [key, target] : endpoints_) {
    if (target->disabled && !target->disabling && !keys.contains(key)) enabled.push_back(key);
  }
  for (const std::int64_t key : enabled) endpoint_enabled(key);
}

void Dispatcher::poll_again_later() {
  polling_ = false;
  forget_idle_endpoints();
  if (std::exchange(poll_wanted_, false)) return poll();
  poll_timer_.expires_after(options_.poll_interval);
  poll_timer_.async_wait([this, alive = std::weak_ptr(alive_)](http::ErrorCode error) {
    if (!alive.expired() && !error) poll();
  });
}

void Dispatcher::forget_idle_endpoints() {
  const SteadyTime now = steady_now();
  std::erase_if(endpoints_, [now](const auto& entry) { return entry.second->idle(now); });
}

}  // namespace yizhan::dispatch

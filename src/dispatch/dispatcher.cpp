// The way of one event through an endpoint: taken in, queued, sent, decided, recorded. Claims and wake-ups stand in
// claiming.cpp.
#include "dispatch/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fail_point.h"
#include "base/trace_context.h"
#include "dispatch/attempt_log.h"
#include "domain/lease.h"

namespace yizhan::dispatch {
namespace {

/// An attempt starts only while this much more than its deadline is left of the lease: time to record it.
constexpr Seconds kRecordingTime{5};
/// One endpoint may hold this part of the memory for queued payloads.
constexpr std::size_t kEndpointShare = 4;

}  // namespace

Dispatcher::Dispatcher(http::asio::io_context& io, Lane& lane, store::GroupCommit& commits, store::ReadThread& reads,
                       DispatcherOptions options)
    : io_(io),
      lane_(lane),
      commits_(commits),
      reads_(reads),
      options_(options),
      lease_prefix_(random_hex(8)),
      wake_timer_(io.get_executor()),
      poll_timer_(io.get_executor()),
      stop_timer_(io.get_executor()) {}

Dispatcher::~Dispatcher() = default;

std::string Dispatcher::make_lease_token() {
  return fmt::format("{}-{:x}", lease_prefix_, ++leases_made_);
}

std::string Dispatcher::make_span_id() {
  // Never 0, which would be none.
  return fmt::format("{:016x}", random_.next() | 1);
}

Dispatcher::EndpointPtr Dispatcher::endpoint(std::int64_t key) {
  auto& known = endpoints_[key];
  if (!known) {
    DeliveryPolicy first_policy;
    first_policy.timeout = options_.longest_timeout;
    known = std::make_shared<Endpoint>(key, first_policy);
  }
  return known;
}

void Dispatcher::adopt_route(Endpoint& target, const std::shared_ptr<const Route>& route) {
  const bool same_platform = target.route && target.route->platform == route->platform;
  target.route = route;
  if (same_platform) return;
  const DeliveryPolicy& policy = route->platform->policy;
  if (target.policy.rate_per_second != policy.rate_per_second) target.rate = RateLimit(policy.rate_per_second);
  target.breaker.adopt(breaker_options(policy));
  target.policy = policy;
}

void Dispatcher::routes_changed(const DispatcherOptions& options) {
  options_ = options;
  for (const auto& [key, target] : endpoints_) {
    std::deque<QueuedEvent> waiting;
    while (!target->queue.empty()) waiting.push_back(dequeue(*target));
    for (QueuedEvent& queued : waiting) enqueue_or_give_back(target, std::move(queued));
  }
  std::vector<EndpointPtr> all;
  for (const auto& [key, target] : endpoints_) all.push_back(target);
  for (const EndpointPtr& target : all) advance(target);
  // Platforms that are new, or enabled now, may have events that wait.
  poll_timer_.cancel();
  poll();
}

// ---- intake
// ----------------------------------------------------------------------------------------------------------

bool Dispatcher::has_room(const Endpoint& target, std::size_t bytes) const {
  const std::size_t events = target.queue.size() + static_cast<std::size_t>(target.reserved);
  return events < options_.queued_events_per_endpoint &&
         target.queued_bytes + bytes <= options_.queued_bytes / kEndpointShare &&
         queued_bytes_ + bytes <= options_.queued_bytes;
}

bool Dispatcher::takes_newcomers(const Endpoint& target, std::size_t bytes) const {
  const SteadyTime now = steady_now();
  return !stopping_ && !target.disabled && target.breaker.state(now) == Breaker::State::kClosed &&
         !target.breaker.next_chance(now) && has_room(target, bytes);
}

Result<void> Dispatcher::prepare(store::NewEvent& event) {
  auto route = name_endpoint(lane_, event);
  if (!route) return std::unexpected(std::move(route.error()));
  if (!*route) return {};
  const EndpointPtr target = endpoint(event.endpoint_key);
  adopt_route(*target, *route);
  if (event.first_attempt_at > event.event.created_at) return {};
  // What is due in the store is older: a newcomer must not overtake it through memory, or a backlog would starve.
  if (target->next_due <= event.first_attempt_at) return {};
  if (!takes_newcomers(*target, event.event.payload.size())) return {};
  event.lease_token = make_lease_token();
  event.lease = lease_duration(target->policy.timeout);
  ++target->reserved;
  return {};
}

void Dispatcher::accepted(const std::vector<store::Accepted>& accepted, store::AcceptCall&& call) {
  const SteadyTime now = steady_now();
  for (std::size_t i = 0; i < call.events.size(); ++i) {
    store::NewEvent& event = call.events[i];
    const EndpointPtr target = endpoint(event.endpoint_key);
    if (!event.lease_token.empty()) --target->reserved;
    if (accepted[i].duplicate) continue;
    if (accepted[i].leased) {
      QueuedEvent queued;
      queued.claimed.sequence = accepted[i].sequence;
      queued.claimed.lease_token = std::move(event.lease_token);
      queued.claimed.next_attempt_at = event.first_attempt_at;
      queued.claimed.event = std::move(event.event);
      // The lease began before the commit; half of its margin covers that many times over.
      queued.lease_until = now + event.lease - kLeaseMargin / 2;
      enqueue_or_give_back(target, std::move(queued));
    } else {
      target->next_due = std::min(target->next_due, event.first_attempt_at);
    }
    advance(target);
  }
}

void Dispatcher::abandoned(const store::AcceptCall& call) {
  for (const store::NewEvent& event : call.events) {
    if (!event.lease_token.empty()) --endpoint(event.endpoint_key)->reserved;
  }
}

void Dispatcher::enqueue_or_give_back(const EndpointPtr& target, QueuedEvent queued) {
  const store::Event& event = queued.claimed.event;
  auto route = lane_.route(event.platform, event.callback_target);
  if (!stopping_ && route && (*route)->endpoint_key == target->key) {
    adopt_route(*target, *route);
    queued.route = std::move(*route);
    return enqueue(*target, std::move(queued));
  }
  // Its platform has moved or is gone: whoever claims it next finds its new place, or sets it aside.
  give_back(queued);
  target->next_due = std::min(target->next_due, utc_now());
}

void Dispatcher::enqueue(Endpoint& target, QueuedEvent queued) {
  const std::size_t bytes = queued.claimed.event.payload.size();
  target.queued_bytes += bytes;
  queued_bytes_ += bytes;
  target.queue.push_back(std::move(queued));
}

QueuedEvent Dispatcher::dequeue(Endpoint& target) {
  QueuedEvent queued = std::move(target.queue.front());
  target.queue.pop_front();
  const std::size_t bytes = queued.claimed.event.payload.size();
  target.queued_bytes -= bytes;
  queued_bytes_ -= bytes;
  return queued;
}

// ---- sending
// ---------------------------------------------------------------------------------------------------------

void Dispatcher::advance(const EndpointPtr& target) {
  if (stopping_) return;
  send_queued(target);
  claim_due(target);
  plan_wake(target);
}

void Dispatcher::send_queued(const EndpointPtr& target) {
  if (target->queue.empty() || target->disabled) return;
  const SteadyTime now = steady_now();
  while (!target->queue.empty() && target->breaker.may_begin(now) > 0) {
    if (in_flight_ >= options_.in_flight_limit) {
      crowded_out_.insert(target->key);
      return;
    }
    if (target->queue.front().lease_until < now + target->policy.timeout + kRecordingTime) {
      // It waited too long, or was claimed at another endpoint: whoever claims it next, at this one, has the time to
      // send it and to record what came of it.
      give_back(dequeue(*target), target->key);
      target->next_due = std::min(target->next_due, utc_now());
      continue;
    }
    if (target->rate.available(now, 1) == 0) return;
    target->rate.take(now, 1);
    send(target, dequeue(*target));
  }
}

void Dispatcher::send(const EndpointPtr& target, QueuedEvent queued) {
  ++in_flight_;
  const SteadyTime now = steady_now();
  log_breaker(*target, now);  // the first attempt after an open time is a probe
  const Breaker::Ticket ticket = target->breaker.begin(now);
  auto held = std::make_unique<QueuedEvent>(std::move(queued));
  store::Event& event = held->claimed.event;
  const Route& route = *held->route;
  // Each attempt is a span of its own; what the event came with stays in the store.
  if (!event.traceparent.empty()) event.traceparent = child_traceparent(event.traceparent, make_span_id());
  fail_point("dispatch.before_send");
  lane_.send(event, route,
             [this, alive = std::weak_ptr(alive_), target, ticket, held = std::move(held)](AttemptOutcome outcome) {
               if (alive.expired()) return;
               fail_point("dispatch.after_send");
               finished(target, ticket, *held, std::move(outcome));
             });
}

void Dispatcher::finished(const EndpointPtr& target, Breaker::Ticket ticket, const QueuedEvent& queued,
                          AttemptOutcome outcome) {
  --in_flight_;
  note_outcome(*target, ticket, outcome);
  const UtcTime now = utc_now();
  const Decision decision =
      decide(queued.route->platform->policy, queued.claimed.tries_in_run, outcome, now, random_.unit());
  if (decision.endpoint_effect == EndpointEffect::kSlowDown) {
    target->breaker.slow_down(decision.endpoint_pause, steady_now());
  }
  if (decision.endpoint_effect == EndpointEffect::kDisable) disable(target, outcome.error_message);

  PlatformCounters& counters = counters_[queued.claimed.event.platform];
  ++counters.attempts_by_class[static_cast<std::size_t>(outcome.error_class)];
  if (decision.next_status == EventStatus::kDelivered) {
    ++counters.delivered;
    counters.lag.add(now - queued.claimed.event.created_at);
  }
  if (decision.next_status == EventStatus::kDeadLetter) ++counters.dead_letters;
  log_attempt(queued, outcome, decision, options_.log_deliveries_at);

  record(target, queued, std::move(outcome), decision);
  advance(target);
  if (!crowded_out_.empty()) {
    const EndpointPtr next = endpoint(crowded_out_.extract(crowded_out_.begin()).value());
    advance(next);
  }
  finish_stop_if_idle();
}

void Dispatcher::note_outcome(Endpoint& target, Breaker::Ticket ticket, const AttemptOutcome& outcome) {
  target.breaker.ended(ticket, breaker_verdict(outcome), steady_now());
  if (outcome.succeeded()) {
    target.failures_in_row = 0;
    target.last_error.clear();
  } else {
    ++target.failures_in_row;
    target.last_error = outcome.error_message;
  }
  log_breaker(target, steady_now());
}

void Dispatcher::record(const EndpointPtr& target, const QueuedEvent& queued, AttemptOutcome outcome,
                        const Decision& decision) {
  store::AttemptRecord record;
  record.sequence = queued.claimed.sequence;
  record.event_id = queued.claimed.event.id;
  record.lease_token = queued.claimed.lease_token;
  record.outcome = std::move(outcome);
  record.next_status = decision.next_status;
  record.next_attempt_at = decision.next_attempt_at;
  record.recorded_at = utc_now();
  record.is_push = queued.claimed.event.platform == store::kPushPlatform;
  record.is_ordered = !queued.claimed.event.order_key.empty();
  // The store will have something due then: this event's retry, or the event that waited behind it.
  UtcTime due = kNever;
  if (decision.next_status == EventStatus::kRetrying) {
    due = decision.next_attempt_at;
  } else if (record.is_ordered) {
    due = record.recorded_at;
  }
  ++records_waiting_;
  commits_.record(std::move(record), [this, alive = std::weak_ptr(alive_), target, due](store::RecordReply reply) {
    if (alive.expired()) return;
    --records_waiting_;
    if (reply == store::RecordReply::kLeaseLost) log_result_refused(*target);
    if (due != kNever) {
      target->next_due = std::min(target->next_due, due);
      advance(target);
    }
    finish_stop_if_idle();
  });
}

void Dispatcher::disable(const EndpointPtr& target, const std::string& reason) {
  if (target->disabled) return;
  target->disabled = true;
  target->disabling = true;
  target->disabled_reason = reason;
  target->disabled_at = utc_now();
  store::DisabledEndpoint disabled{target->key, target->route->platform->name, target->route->endpoint_url, reason,
                                   target->disabled_at};
  log_endpoint_disabled(disabled);
  while (!target->queue.empty()) give_back(dequeue(*target));
  commits_.run([&io = io_, alive = std::weak_ptr(alive_), target, disabled = std::move(disabled)](store::Store& store) {
    const auto written = store.disable_endpoint(disabled);
    if (!written) log_endpoint_not_disabled(disabled, written.error());
    http::asio::post(io, [alive, target] {
      if (!alive.expired()) target->disabling = false;
    });
  });
}

void Dispatcher::give_back(const QueuedEvent& queued, std::optional<std::int64_t> endpoint_key) {
  commits_.release({.sequence = queued.claimed.sequence,
                    .lease_token = queued.claimed.lease_token,
                    .endpoint_key = endpoint_key,
                    .not_before = {},
                    .last_error = {},
                    .is_ordered = !queued.claimed.event.order_key.empty()});
}

// ---- the end
// ---------------------------------------------------------------------------------------------------------

void Dispatcher::stop(Milliseconds grace, std::move_only_function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  poll_timer_.cancel();
  wake_timer_.cancel();
  for (const auto& [key, target] : endpoints_) {
    while (!target->queue.empty()) give_back(dequeue(*target));
  }
  stop_timer_.expires_after(grace);
  stop_timer_.async_wait([this, alive = std::weak_ptr(alive_)](http::ErrorCode error) {
    if (alive.expired() || error) return;
    if (auto stopped = std::exchange(stopped_, nullptr)) stopped();
  });
  finish_stop_if_idle();
}

void Dispatcher::finish_stop_if_idle() {
  if (!stopping_ || in_flight_ > 0 || records_waiting_ > 0 || claims_waiting_ > 0 || !stopped_) return;
  stop_timer_.cancel();
  http::asio::post(io_, std::exchange(stopped_, nullptr));
}

}  // namespace yizhan::dispatch

#include "simulated_station.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "domain/decide.h"

namespace yizhan {
namespace {

// 2026-05-03: where the wall clock of every simulation begins.
constexpr UtcTime kWallStart{Seconds{1777777777}};

bool is_allowed(EventStatus from, EventStatus to) {
  for (const Transition transition : {Transition::kDeliver, Transition::kRetry, Transition::kBury}) {
    if (next_status(from, transition) == to) return true;
  }
  return false;
}

}  // namespace

SimulatedReply reply_with(int status, Microseconds duration, std::string retry_after) {
  SimulatedReply reply{.outcome = {}, .duration = duration};
  reply.outcome.response_status = status;
  reply.outcome.error_class = class_of_status(status);
  reply.outcome.retry_after = std::move(retry_after);
  return reply;
}

SimulatedReply no_reply(ErrorClass error_class, Microseconds duration) {
  SimulatedReply reply{.outcome = {}, .duration = duration};
  reply.outcome.error_class = error_class;
  return reply;
}

SimulatedStation::SimulatedStation(std::uint64_t seed, DeliveryPolicy policy)
    : seed_(seed),
      policy_(std::move(policy)),
      random_(seed),
      wall_offset_(kWallStart.time_since_epoch() - std::chrono::floor<Microseconds>(kStart.time_since_epoch())) {}

std::size_t SimulatedStation::add_endpoint(Mood mood) {
  endpoints_.push_back({.mood = std::move(mood),
                        .breaker = Breaker(breaker_options(policy_)),
                        .rate = RateLimit(policy_.rate_per_second)});
  return endpoints_.size() - 1;
}

void SimulatedStation::accept_at(SteadyTime when, std::size_t endpoint, std::size_t count) {
  at(when, [this, endpoint, count] {
    for (std::size_t made = 0; made < count; ++made) {
      events_.push_back({.endpoint = endpoint, .next_attempt_at = wall()});
      endpoints_[endpoint].due.emplace(wall(), events_.size() - 1);
      ++accepted_;
    }
  });
}

void SimulatedStation::at(SteadyTime when, std::function<void()> action) {
  agenda_.emplace(when, std::move(action));
}

void SimulatedStation::enable(std::size_t endpoint) {
  endpoints_[endpoint].disabled = false;
  endpoints_[endpoint].breaker.reset();
}

UtcTime SimulatedStation::wall() const {
  return UtcTime{std::chrono::floor<Microseconds>(now_.time_since_epoch()) + wall_offset_};
}

SteadyTime SimulatedStation::steady_of(UtcTime wall_time) const {
  return SteadyTime{wall_time.time_since_epoch() - wall_offset_};
}

void SimulatedStation::run() {
  constexpr int kTooManySteps = 20'000'000;
  for (int step = 0; step < kTooManySteps; ++step) {
    for (std::size_t index = 0; index < endpoints_.size(); ++index) dispatch(index);
    const auto wake = next_wake();
    if (!wake) return;
    now_ = std::max(now_, *wake);
    while (!agenda_.empty() && agenda_.begin()->first <= now_) {
      auto item = agenda_.extract(agenda_.begin());
      item.mapped()();
    }
    check_ledger();
  }
  require(false, "the simulation comes to an end");
}

void SimulatedStation::dispatch(std::size_t endpoint_index) {
  SimulatedEndpoint& endpoint = endpoints_[endpoint_index];
  if (endpoint.disabled) return;
  int room = endpoint.rate.available(now_, endpoint.breaker.may_begin(now_));
  while (room > 0 && !endpoint.due.empty() && endpoint.due.begin()->first <= wall()) {
    const std::size_t event_index = endpoint.due.begin()->second;
    endpoint.due.erase(endpoint.due.begin());
    begin(event_index);
    --room;
  }
}

void SimulatedStation::begin(std::size_t event_index) {
  SimulatedEvent& event = events_[event_index];
  SimulatedEndpoint& endpoint = endpoints_[event.endpoint];
  require(!event.in_flight, "no event is in flight twice");
  require(is_open(event.status), "only open events leave");
  require(event.next_attempt_at <= wall(), "no event leaves before it is due");

  endpoint.rate.take(now_, 1);
  const Breaker::Ticket ticket = endpoint.breaker.begin(now_);
  event.in_flight = true;
  ++endpoint.in_flight;
  endpoint.most_in_flight = std::max(endpoint.most_in_flight, endpoint.in_flight);
  endpoint.attempts_begun.push_back(now_);
  require(endpoint.in_flight <= policy_.in_flight_cap, "no more is in flight than the cap");
  require(endpoint.in_flight == endpoint.breaker.in_flight(), "the breaker counts what is in flight");
  require(endpoint.breaker.state(now_) != Breaker::State::kOpen, "nothing leaves while the breaker is open");

  const SimulatedReply reply = endpoint.mood(event_index, now_, wall(), random_);
  at(now_ + reply.duration, [this, event_index, ticket, reply] { finish(event_index, ticket, reply); });
  if (on_begin) on_begin(event_index);
}

void SimulatedStation::finish(std::size_t event_index, Breaker::Ticket ticket, const SimulatedReply& reply) {
  SimulatedEvent& event = events_[event_index];
  SimulatedEndpoint& endpoint = endpoints_[event.endpoint];
  require(event.in_flight, "an attempt ends once");
  event.in_flight = false;
  --endpoint.in_flight;
  event.statuses_seen.push_back(reply.outcome.response_status);

  const Decision decision = decide(policy_, event.failed_tries, reply.outcome, wall(), random_.unit());
  require(is_allowed(event.status, decision.next_status), "what follows is in the transition table");
  endpoint.breaker.ended(ticket, breaker_verdict(reply.outcome), now_);
  switch (decision.endpoint_effect) {
    case EndpointEffect::kNone:
      break;
    case EndpointEffect::kDisable:
      endpoint.disabled = true;
      break;
    case EndpointEffect::kSlowDown:
      endpoint.breaker.slow_down(decision.endpoint_pause, now_);
      break;
  }
  event.status = decision.next_status;
  if (decision.next_status != EventStatus::kDelivered) ++event.failed_tries;
  if (is_open(event.status)) {
    event.next_attempt_at = decision.next_attempt_at;
    endpoint.due.emplace(event.next_attempt_at, event_index);
  }
  if (on_end) on_end(event_index, reply);
}

std::optional<SteadyTime> SimulatedStation::next_wake() const {
  std::optional<SteadyTime> wake;
  const auto consider = [&wake](SteadyTime time) { wake = wake ? std::min(*wake, time) : time; };
  if (!agenda_.empty()) consider(agenda_.begin()->first);
  for (const SimulatedEndpoint& endpoint : endpoints_) {
    if (endpoint.disabled || endpoint.due.empty()) continue;
    const SteadyTime due = std::max(now_, steady_of(endpoint.due.begin()->first));
    // An event that is due already waits for room: for time to pass, or for an attempt to end, which is on the agenda.
    if (endpoint.breaker.may_begin(due) > 0) {
      consider(std::max(due, endpoint.rate.next_token(due).value_or(due)));
    } else if (const auto chance = endpoint.breaker.next_chance(due)) {
      consider(*chance);
    } else {
      require(endpoint.in_flight > 0, "an endpoint without attempts in flight always has a next chance");
    }
  }
  return wake;
}

void SimulatedStation::check_ledger() const {
  Ledger ledger;
  LedgerLine& line = ledger.lines.emplace_back();
  line.accepted = accepted_;
  for (const SimulatedEvent& event : events_) {
    switch (event.status) {
      case EventStatus::kPending:
        ++line.pending;
        break;
      case EventStatus::kRetrying:
        ++line.retrying;
        break;
      case EventStatus::kDelivered:
        ++line.delivered;
        break;
      case EventStatus::kDeadLetter:
        ++line.dead_letter;
        break;
      case EventStatus::kDiscarded:
        ++line.discarded;
        break;
    }
  }
  require(ledger.balanced(), "the ledger sums up");
}

void SimulatedStation::require(bool holds, const char* invariant) const {
  if (holds) return;
  throw std::logic_error(fmt::format("broken: {} (seed {}, {} s into the simulation)", invariant, seed_,
                                     std::chrono::duration<double>(now_ - kStart).count()));
}

}  // namespace yizhan

#include "model.h"

#include <algorithm>

namespace yizhan::store::contract {
namespace {

void drop_lease(ModelEvent& event) {
  event.lease_token.clear();
  event.lease_ended = false;
}

}  // namespace

std::string Model::id_of_key(const std::string& key) const {
  for (const auto& [id, event] : events) {
    if (event.idempotency_key == key) return id;
  }
  return {};
}

std::vector<std::string> Model::claimable(std::int64_t endpoint_key, UtcTime now) const {
  std::vector<std::string> ids;
  for (const auto& [id, event] : events) {
    const bool free = event.lease_token.empty() ? event.due <= now : event.lease_ended;
    if (is_open(event.status) && event.endpoint_key == endpoint_key && !event.held && free) ids.push_back(id);
  }
  return ids;
}

std::vector<std::string> Model::in_status(std::initializer_list<EventStatus> statuses, std::size_t limit) const {
  std::vector<std::string> ids;
  for (const auto& [id, event] : events) {
    if (std::ranges::find(statuses, event.status) != statuses.end()) ids.push_back(id);
  }
  std::ranges::sort(ids, {}, [this](const std::string& id) { return events.at(id).sequence; });
  if (ids.size() > limit) ids.resize(limit);
  return ids;
}

bool Model::accept(const NewEvent& handed, std::int64_t sequence, UtcTime now) {
  ModelEvent event;
  event.sequence = sequence;
  event.endpoint_key = handed.endpoint_key;
  event.order_key = handed.event.order_key;
  event.idempotency_key = handed.idempotency_key.value_or("");
  event.payload = handed.event.payload;
  event.due = handed.first_attempt_at;
  event.held = !event.order_key.empty() && std::ranges::any_of(events, [&](const auto& other) {
    return is_open(other.second.status) && other.second.order_key == event.order_key;
  });
  if (!handed.lease_token.empty() && !event.held && event.due <= now) {
    event.lease_token = handed.lease_token;
    event.lease_ended = handed.lease == Milliseconds{0};
  }
  const bool leased = !event.lease_token.empty();
  events.emplace(handed.event.id, std::move(event));
  return leased;
}

bool Model::record(const AttemptRecord& record) {
  const auto found = events.find(record.event_id);
  if (found == events.end()) return false;
  ModelEvent& event = found->second;
  if (!is_open(event.status) || event.lease_token.empty() || event.lease_token != record.lease_token) return false;
  ++event.attempt_count;
  ++event.attempts_made;
  event.status = record.next_status;
  event.due = record.next_attempt_at;
  drop_lease(event);
  settle(event.order_key);
  return true;
}

void Model::release(const Release& release) {
  for (auto& [id, event] : events) {
    if (event.sequence != release.sequence || event.lease_token != release.lease_token) continue;
    if (release.endpoint_key) event.endpoint_key = *release.endpoint_key;
    if (release.not_before) event.due = *release.not_before;
    drop_lease(event);
    settle(event.order_key);
    return;
  }
}

void Model::reopen(const std::string& id, EventStatus status, UtcTime due) {
  ModelEvent& event = events.at(id);
  if (!is_open(event.status)) {
    event.endpoint_key = kUnrouted;
    event.run_start = event.attempt_count;
    event.held = !event.order_key.empty();
  }
  if (status == EventStatus::kPending) event.run_start = event.attempt_count;
  event.status = status;
  event.due = due;
  drop_lease(event);
  settle(event.order_key);
}

void Model::close(const std::string& id, EventStatus status) {
  ModelEvent& event = events.at(id);
  event.status = status;
  drop_lease(event);
  settle(event.order_key);
}

void Model::remove(const std::string& id) {
  const std::string order_key = events.at(id).order_key;
  events.erase(id);
  settle(order_key);
}

void Model::settle(const std::string& order_key) {
  if (order_key.empty()) return;
  std::vector<ModelEvent*> lane;
  for (auto& [id, event] : events) {
    if (is_open(event.status) && event.order_key == order_key) lane.push_back(&event);
  }
  std::ranges::sort(lane, {}, &ModelEvent::sequence);
  const auto in_flight =
      std::ranges::find_if(lane, [](const ModelEvent* event) { return !event->held && !event->lease_token.empty(); });
  const ModelEvent* goes = in_flight != lane.end() ? *in_flight : lane.empty() ? nullptr : lane.front();
  for (ModelEvent* event : lane) event->held = event != goes;
}

}  // namespace yizhan::store::contract

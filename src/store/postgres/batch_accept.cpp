// Batch: events that are handed over.
#include <algorithm>
#include <set>

#include "store/postgres/batch.h"
#include "store/postgres/lane.h"
#include "store/postgres/statements.h"

namespace yizhan::store::postgres {
namespace {

/// Payloads in one statement: far below what PostgreSQL takes (1 GB), and little to keep in memory several times.
constexpr std::size_t kBlockBytes = 8 << 20;

/// Whether the event may be taken by whoever hands it over; if it is behind others of its lane, the statement finds
/// out.
bool asks_for_lease(const NewEvent& event, UtcTime now) {
  return !event.lease_token.empty() && event.first_attempt_at <= now;
}

}  // namespace

Batch::Calls Batch::calls_of(Indices accepts, Indices receives) {
  IdempotencyKeys keys;
  for (const std::size_t call : accepts) keys.add(batch_.accepts[call].events);
  for (const std::size_t call : receives) {
    keys.add(batch_.receives[call].effect_events);
    keys.add(batch_.receives[call].events);
  }
  keys.sort();
  return {accepts, receives, std::move(keys), Receives(connection_, batch_, receives, reply_.receives)};
}

Outcome<void> Batch::write_calls(Indices accepts, Indices receives) {
  Calls calls = calls_of(accepts, receives);
  send_lane_locks(statements::kLockLanes, false, accepts, receives);
  send_look_ups(calls);
  if (const auto done = connection_.finish(); !done) return done;
  send_calls(calls);
  const auto done = connection_.finish();
  answer_repetitions();
  return done;
}

Outcome<void> Batch::write_into_open() {
  Calls calls = calls_of(accepts_, {});
  send_calls(calls);
  return connection_.finish();
}

void Batch::send_look_ups(Calls& calls) {
  calls.callbacks.send_look_ups();
  if (calls.keys.empty()) return;
  connection_.send(statements::kFindKeys, calls.keys.parameters(),
                   [&calls](const ResultSet& rows) { calls.keys.take(rows); });
}

void Batch::send_id_request() {
  const std::size_t wanted = memory_.callback_ids.wanted(receives_.size());
  if (wanted == 0) return;
  Parameters count;
  count.add(static_cast<std::int64_t>(wanted));
  connection_.send(statements::kTakeCallbackIds, count, [this](const ResultSet& taken) {
    const SteadyTime now = std::chrono::steady_clock::now();
    for (int row = 0; row < taken.rows(); ++row) memory_.callback_ids.add(taken.integer(row, 0), now);
  });
}

void Batch::send_calls(Calls& calls) {
  new_rows_.clear();
  keyed_.clear();
  repetitions_.clear();
  for (const std::size_t index : calls.accepts) {
    auto& answer = reply_.accepts[index];
    answer = std::vector<Accepted>();
    const EventGroup group{&batch_.accepts[index].events, &*answer};
    if (auto added = add_events({&group, 1}, calls.keys); !added) answer = std::unexpected(added.error());
  }
  calls.callbacks.decide([&](std::span<const EventGroup> groups) { return add_events(groups, calls.keys); });
  send_new_events();
  calls.callbacks.send_rows();
  keys_stored_ += calls.callbacks.keys_stored();
}

Result<void> Batch::add_events(std::span<const EventGroup> groups, IdempotencyKeys& keys) {
  std::vector<const NewEvent*> events;
  for (const EventGroup& group : groups) {
    for (const NewEvent& event : *group.events) events.push_back(&event);
  }
  const auto matches = keys.resolve(events);
  if (!matches) return std::unexpected(matches.error());
  auto match = matches->begin();
  for (const EventGroup& group : groups) {
    group.accepted->resize(group.events->size());
    for (std::size_t i = 0; i < group.events->size(); ++i, ++match) {
      const NewEvent& event = (*group.events)[i];
      Accepted& answer = (*group.accepted)[i];
      if (match->stored) {
        answer = *match->stored;
      } else if (match->earlier != nullptr) {
        answer.id = match->earlier->event.id;
        answer.duplicate = true;
        repetitions_.emplace_back(&answer, match->earlier);
      } else {
        answer.id = event.event.id;
        answer.leased = asks_for_lease(event, batch_.now);
        new_rows_.push_back({&event, &answer});
        if (event.idempotency_key) keyed_.emplace(&event, &answer);
      }
    }
  }
  return {};
}

void Batch::answer_repetitions() {
  for (const auto& [answer, earlier] : repetitions_) answer->sequence = keyed_.at(earlier)->sequence;
}

void Batch::send_new_events() {
  const NewRows rows(new_rows_);
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t bytes = 0;
    std::size_t count = 0;
    while (first + count < rows.size() && count < statements::kBlockSize && bytes < kBlockBytes) {
      bytes += rows[first + count++].event->event.payload.size();
    }
    send_block(rows.subspan(first, count));
    if (first + count < rows.size()) connection_.push();
    first += count;
  }
  send_announcements(rows);
}

void Batch::send_block(NewRows rows) {
  // Numbered only now that the lanes are locked: within a lane, a later event has a higher number, whichever node it is
  // from.
  connection_.send(statements::kNextBlock, {}, [rows](const ResultSet& block) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].accepted->sequence = block.integer(0, 0) + static_cast<std::int64_t>(i);
    }
  });
  send_keys(rows);
  send_events(rows);
  send_schedule(rows, std::ranges::any_of(rows, [](const NewRow& row) { return !row.event->event.order_key.empty(); }));
}

void Batch::send_events(NewRows rows) {
  Array created(kTimestamptz);
  Array ids(kText);
  Array platforms(kText);
  Array types(kText);
  Array targets(kText);
  Array payloads(kBytea);
  Array correlations(kText);
  Array order_keys(kText);
  Array traceparents(kText);
  Array keys(kText);
  for (const NewRow& row : rows) {
    const Event& event = row.event->event;
    created.add(event.created_at);
    ids.add(std::string_view(event.id));
    platforms.add(std::string_view(event.platform));
    types.add(std::string_view(event.event_type));
    targets.add(std::string_view(event.callback_target));
    payloads.add(std::string_view(event.payload));
    correlations.add(std::string_view(event.correlation));
    order_keys.add(std::string_view(event.order_key));
    traceparents.add(std::string_view(event.traceparent));
    keys.add_or_null(std::string_view(row.event->idempotency_key ? *row.event->idempotency_key : std::string_view()));
  }
  Parameters parameters;
  parameters.add(std::move(created)).add(std::move(ids)).add(std::move(platforms)).add(std::move(types));
  parameters.add(std::move(targets)).add(std::move(payloads)).add(std::move(correlations)).add(std::move(order_keys));
  parameters.add(std::move(traceparents)).add(std::move(keys));
  connection_.send(statements::kStoreEvents, parameters);
}

void Batch::send_schedule(NewRows rows, bool ordered) {
  Array endpoints(kInt8);
  Array due(kTimestamptz);
  Array tokens(kText);
  Array leases(kInt8);
  Array lanes(kText);
  Array follows(kBool);
  std::set<std::string> seen;
  for (const NewRow& row : rows) {
    const NewEvent& event = *row.event;
    endpoints.add(event.endpoint_key);
    due.add(event.first_attempt_at);
    if (row.accepted->leased) {
      tokens.add(std::string_view(event.lease_token));
      leases.add(std::int64_t{event.lease.count()});
    } else {
      tokens.add_null();
      leases.add_null();
    }
    const std::string lane = lane_of(event.event);
    lanes.add_or_null(std::string_view(lane));
    follows.add(!lane.empty() && !seen.insert(lane).second);
  }
  Parameters parameters;
  parameters.add(std::move(endpoints)).add(std::move(due)).add(std::move(tokens)).add(std::move(leases));
  parameters.add(std::move(lanes)).add(std::move(follows)).add(batch_.now);
  if (!ordered) return connection_.send(statements::kSchedule, parameters);
  connection_.send(statements::kScheduleOrdered, parameters, [rows](const ResultSet& held) {
    for (int row = 0; row < held.rows(); ++row) {
      rows[static_cast<std::size_t>(held.integer(row, 0) - rows[0].accepted->sequence)].accepted->leased = false;
    }
  });
}

void Batch::send_keys(NewRows rows) {
  Array platforms(kText);
  Array keys(kText);
  Array positions(kInt8);
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].event->idempotency_key) continue;
    platforms.add(std::string_view(rows[i].event->event.platform));
    keys.add(std::string_view(*rows[i].event->idempotency_key));
    positions.add(static_cast<std::int64_t>(i));
    ++count;
  }
  if (count == 0) return;
  Parameters parameters;
  parameters.add(std::move(platforms)).add(std::move(keys)).add(std::move(positions));
  connection_.send(statements::kStoreKeys, parameters, [this, count](const ResultSet&) { keys_stored_ += count; });
}

void Batch::send_announcements(NewRows rows) {
  // Other nodes have to hear of what nobody has taken and is due.
  std::set<std::int64_t> endpoints;
  for (const NewRow& row : rows) {
    if (!row.accepted->leased && row.event->first_attempt_at <= batch_.now) endpoints.insert(row.event->endpoint_key);
  }
  if (endpoints.empty()) return;
  Array keys(kInt8);
  for (const std::int64_t endpoint : endpoints) keys.add(endpoint);
  Parameters parameters;
  parameters.add(std::move(keys));
  connection_.send(statements::kAnnounce, parameters);
}

}  // namespace yizhan::store::postgres

#include "store/postgres/batch.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <unordered_set>

#include "base/log.h"
#include "store/postgres/lane.h"
#include "store/postgres/statements.h"
#include "store/postgres/text.h"

namespace yizhan::store::postgres {
namespace {

std::vector<std::size_t> all_of(std::size_t count) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

bool has_keys(const std::vector<NewEvent>& events) {
  return std::ranges::any_of(events, [](const NewEvent& event) { return event.idempotency_key.has_value(); });
}

std::int32_t whole_milliseconds(Microseconds duration) {
  const auto count = std::chrono::floor<Milliseconds>(duration).count();
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(count, 0, std::numeric_limits<std::int32_t>::max()));
}

/// The columns that every kind of result has, in the order of statements.cpp.
Parameters attempt_parameters(const WriteBatch& batch, const std::vector<std::size_t>& indices) {
  Array sequences(kInt8);
  Array tokens(kText);
  Array response_statuses(kInt4);
  Array durations(kInt4);
  Array bodies(kBytea);
  Array started(kTimestamptz);
  Array recorded(kTimestamptz);
  for (const std::size_t index : indices) {
    const AttemptRecord& record = batch.records[index];
    sequences.add(record.sequence);
    tokens.add(std::string_view(record.lease_token));
    response_statuses.add_or_null(record.outcome.response_status);
    durations.add(whole_milliseconds(record.outcome.duration));
    bodies.add_or_null(std::string_view(record.outcome.response_head).substr(0, kStoredResponseBytes));
    started.add(record.outcome.started_at);
    recorded.add(record.recorded_at);
  }
  Parameters parameters;
  parameters.add(std::move(sequences)).add(std::move(tokens)).add(std::move(response_statuses));
  parameters.add(std::move(durations)).add(std::move(bodies)).add(std::move(started)).add(std::move(recorded));
  return parameters;
}

void add_errors(Parameters& parameters, const WriteBatch& batch, const std::vector<std::size_t>& indices) {
  Array classes(kText);
  Array messages(kText);
  for (const std::size_t index : indices) {
    classes.add_or_null(to_string(batch.records[index].outcome.error_class));
    messages.add_or_null(storable_text(batch.records[index].outcome.error_message));
  }
  parameters.add(std::move(classes)).add(std::move(messages));
}

}  // namespace

Batch::Batch(Connection& connection, WriterMemory& memory, const WriteBatch& batch, const Refusals& refused)
    : connection_(connection),
      backend_(connection.backend()),
      memory_(memory),
      batch_(batch),
      records_(all_of(batch.records.size())),
      releases_(all_of(batch.releases.size())),
      session_(connection) {
  reply_.records.assign(batch.records.size(), RecordReply::kLeaseLost);
  reply_.accepts.resize(batch.accepts.size());
  reply_.receives.resize(batch.receives.size());
  reply_.claims.resize(batch.claims.size());
  const auto sort_out = [](const auto& refusals, auto& answers, std::vector<std::size_t>& calls) {
    for (std::size_t call = 0; call < answers.size(); ++call) {
      if (refusals[call]) {
        answers[call] = std::unexpected(*refusals[call]);
      } else {
        calls.push_back(call);
      }
    }
  };
  sort_out(refused.accepts, reply_.accepts, accepts_);
  sort_out(refused.receives, reply_.receives, receives_);
}

std::int64_t Batch::received(Verdict verdict) const {
  return std::ranges::count_if(reply_.receives,
                               [&](const Result<Received>& each) { return each && each->verdict == verdict; });
}

bool Batch::buries() const {
  return std::ranges::any_of(
      batch_.records, [](const AttemptRecord& record) { return record.next_status == EventStatus::kDeadLetter; });
}

// ---- the three ways
// --------------------------------------------------------------------------------------------------

bool Batch::prepare_at_once() {
  const auto stands_alone = [](const auto& item) { return !item.is_ordered; };
  const auto has_effect = [&](std::size_t i) {
    return !std::holds_alternative<std::monostate>(batch_.receives[i].effect);
  };
  const bool keyed = std::ranges::any_of(receives_, [&](std::size_t i) { return !batch_.receives[i].rejected; }) ||
                     std::ranges::any_of(accepts_, [&](std::size_t i) { return has_keys(batch_.accepts[i].events); });
  if (keyed && !memory_.new_keys.holds()) return false;
  if (!std::ranges::all_of(batch_.records, stands_alone) || !std::ranges::all_of(batch_.releases, stands_alone) ||
      std::ranges::any_of(batch_.records, &AttemptRecord::is_push) || std::ranges::any_of(receives_, has_effect)) {
    return false;
  }
  auto ids = memory_.callback_ids.take(receives_.size(), std::chrono::steady_clock::now());
  if (!ids) return false;
  callback_ids_ = *std::move(ids);
  return true;
}

Outcome<void> Batch::write_at_once() {
  connection_.begin();
  Calls calls = calls_of(accepts_, receives_);
  calls.callbacks.presume_new(std::move(callback_ids_));
  send_lane_locks(statements::kLockLanes, false, accepts_, receives_);
  send_records(records_);
  send_calls(calls);
  send_releases(releases_);
  send_claims();
  send_id_request();
  return commit();
}

Outcome<void> Batch::write_together() {
  connection_.begin();
  Calls calls = calls_of(accepts_, receives_);
  send_lane_locks(statements::kLockLanes, true, accepts_, receives_);
  send_delivery_look_ups(records_);
  send_records(records_);
  send_look_ups(calls);
  if (const auto done = connection_.finish(); !done) return done;
  if (calls.ask_first()) memory_.new_keys.asked(calls.found_some());
  settle_deliveries(records_);
  send_calls(calls);
  send_releases(releases_);
  settle_lanes();
  send_claims();
  send_id_request();
  return commit();
}

Outcome<void> Batch::write_one_by_one() {
  connection_.begin();
  // What is locked by hand is not waited for any longer; it was, once.
  connection_.send_text("SET LOCAL lock_timeout = '50ms'", {}, {});
  if (const auto done = connection_.finish(); !done) return done;
  // A lane that cannot be locked at once is settled by the next look at what is due.
  send_lane_locks(statements::kTryLockLanes, true, {}, {});
  if (const auto done = connection_.finish(); !done) return done;
  if (const auto done = record_one_by_one(); !done) return done;
  if (const auto done = write_calls_one_by_one(); !done) return done;

  const auto released = isolate(
      releases_,
      [this](Indices releases) {
        send_releases(releases);
        return connection_.finish();
      },
      [](std::size_t, const Failure&) {});  // its lease ends by itself
  if (!released) return released;
  settle_lanes();
  send_claims();
  return commit();
}

Outcome<void> Batch::write_calls_one_by_one() {
  const auto reason = [](const Failure& failure) {
    if (!failure.violates("outbox_events_id_key")) return to_error(failure);
    return Error{"event_id_taken", "an event with one of these ids exists already; give each event a fresh id"};
  };
  const auto accepted = isolate(
      accepts_, [this](Indices calls) { return write_calls(calls, {}); },
      [&](std::size_t call, const Failure& failure) { reply_.accepts[call] = std::unexpected(reason(failure)); });
  if (!accepted) return accepted;
  return isolate(
      receives_, [this](Indices calls) { return write_calls({}, calls); },
      [&](std::size_t call, const Failure& failure) { reply_.receives[call] = std::unexpected(reason(failure)); });
}

Outcome<void> Batch::record_one_by_one() {
  if (records_.empty()) return {};
  Array sequences(kInt8);
  for (const AttemptRecord& record : batch_.records) sequences.add(record.sequence);
  Parameters parameters;
  parameters.add(std::move(sequences));
  std::unordered_set<std::int64_t> unlocked;
  connection_.send(statements::kLockUnlocked, parameters, [&](const ResultSet& rows) {
    for (int row = 0; row < rows.rows(); ++row) unlocked.insert(rows.integer(row, 0));
  });
  if (const auto done = connection_.finish(); !done) return done;

  // Whoever keeps an event locked is editing it, and takes it out of the hands of the attempt that was made.
  std::vector<std::size_t> recordable;
  std::ranges::copy_if(records_, std::back_inserter(recordable),
                       [&](std::size_t index) { return unlocked.contains(batch_.records[index].sequence); });
  return isolate(
      recordable,
      [this](Indices records) {
        for (const std::size_t record : records) reply_.records[record] = RecordReply::kLeaseLost;
        send_delivery_look_ups(records);
        send_records(records);
        if (const auto done = connection_.finish(); !done) return done;
        settle_deliveries(records);
        return connection_.finish();
      },
      [this](std::size_t record, const Failure& failure) {
        log::error("attempt_not_recorded",
                   {{"eventId", batch_.records[record].event_id}, {"reason", to_error(failure).message}});
        reply_.records[record] = RecordReply::kLeaseLost;
      });
}

Outcome<void> Batch::isolate(Indices items, const std::function<Outcome<void>(Indices)>& write,
                             const std::function<void(std::size_t, const Failure&)>& refuse) {
  if (items.empty()) return {};
  connection_.send(statements::kSavepoint);
  auto done = write(items);
  if (done) {
    connection_.send(statements::kReleaseSavepoint);
    return connection_.finish();
  }
  const Failure failure = std::move(done.error());
  if (failure.connection_lost() || failure.serialization() || failure.taken_meanwhile()) {
    return std::unexpected(failure);
  }
  connection_.send(statements::kRollbackToSavepoint);
  connection_.send(statements::kReleaseSavepoint);
  if (const auto undone = connection_.finish(); !undone) return undone;
  if (items.size() == 1) {
    refuse(items[0], failure);
    return {};
  }
  const std::size_t half = items.size() / 2;
  if (const auto first = isolate(items.first(half), write, refuse); !first) return first;
  return isolate(items.subspan(half), write, refuse);
}

// ---- results of attempts
// ---------------------------------------------------------------------------------------------

void Batch::send_lane_locks(const Statement& statement, bool of_records_and_releases, Indices accepts,
                            Indices receives) {
  Array sequences(kInt8);
  std::set<std::string> of_calls;
  if (of_records_and_releases) {
    for (const AttemptRecord& record : batch_.records) sequences.add(record.sequence);
    for (const Release& release : batch_.releases) sequences.add(release.sequence);
  }
  const bool changes = of_records_and_releases && !(records_.empty() && releases_.empty());
  const auto add = [&](const std::vector<NewEvent>& events) {
    for (const NewEvent& event : events) {
      if (!event.event.order_key.empty()) of_calls.insert(lane_of(event.event));
    }
  };
  for (const std::size_t call : accepts) add(batch_.accepts[call].events);
  for (const std::size_t call : receives) {
    add(batch_.receives[call].effect_events);
    add(batch_.receives[call].events);
  }
  if (!changes && of_calls.empty()) return;
  Array lanes(kText);
  for (const std::string& lane : of_calls) lanes.add(std::string_view(lane));
  Parameters parameters;
  parameters.add(std::move(sequences)).add(std::move(lanes));
  connection_.send(statement, parameters, [this, changes](const ResultSet& rows) {
    for (int row = 0; changes && row < rows.rows(); ++row) lanes_.push_back(rows.text(row, 0));
  });
}

void Batch::send_records(Indices records) {
  std::vector<std::size_t> delivered;
  std::vector<std::size_t> retried;
  std::vector<std::size_t> buried;
  for (const std::size_t index : records) {
    switch (batch_.records[index].next_status) {
      case EventStatus::kRetrying:
        retried.push_back(index);
        break;
      case EventStatus::kDeadLetter:
        buried.push_back(index);
        break;
      default:
        delivered.push_back(index);
    }
  }
  const auto recorded = [this](std::vector<std::size_t> indices) {
    return [this, indices = std::move(indices)](const ResultSet& rows) {
      for (int row = 0; row < rows.rows(); ++row) {
        reply_.records[indices[static_cast<std::size_t>(rows.integer(row, 0) - 1)]] = RecordReply::kRecorded;
      }
    };
  };
  if (!delivered.empty()) {
    connection_.send(statements::kRecordDelivered, attempt_parameters(batch_, delivered), recorded(delivered));
  }
  if (!retried.empty()) {
    Parameters parameters = attempt_parameters(batch_, retried);
    add_errors(parameters, batch_, retried);
    Array due(kTimestamptz);
    for (const std::size_t index : retried) due.add(batch_.records[index].next_attempt_at);
    parameters.add(std::move(due));
    connection_.send(statements::kRecordRetry, parameters, recorded(retried));
  }
  if (!buried.empty()) {
    Parameters parameters = attempt_parameters(batch_, buried);
    add_errors(parameters, batch_, buried);
    connection_.send(statements::kRecordDeadLetter, parameters, recorded(buried));
  }
}

void Batch::send_delivery_look_ups(Indices records) {
  std::vector<std::int64_t> sequences;
  for (const std::size_t index : records) {
    if (batch_.records[index].is_push) sequences.push_back(batch_.records[index].sequence);
  }
  deliveries_.look_up(session_, sequences);
}

void Batch::settle_deliveries(Indices records) {
  if (deliveries_.empty()) return;
  std::vector<DeliveryChange> changes;
  for (const std::size_t index : records) {
    const bool recorded = reply_.records[index] == RecordReply::kRecorded;
    if (recorded && batch_.records[index].is_push) changes.push_back(change_of(batch_.records[index]));
  }
  deliveries_.settle(session_, changes, batch_.now);
}

void Batch::settle_lanes() {
  if (lanes_.empty()) return;
  Array lanes(kText);
  for (const std::string& lane : lanes_) lanes.add(std::string_view(lane));
  Parameters parameters;
  parameters.add(std::move(lanes));
  connection_.send(statements::kSettleLanes, parameters);
}

}  // namespace yizhan::store::postgres

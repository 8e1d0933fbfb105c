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
#include "store/previous_secret.h"

namespace yizhan::store::postgres {
namespace {

std::vector<std::size_t> all_of(std::size_t count) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
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

Batch::Batch(Connection& connection, ClaimMarks& marks, const WriteBatch& batch, const Refusals& refused)
    : connection_(connection),
      marks_(marks),
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

Evidence Batch::evidence() const {
  for (const auto& call : reply_.accepts) {
    if (!call) continue;
    for (const Accepted& accepted : *call) {
      if (!accepted.duplicate) return {.event_id = accepted.id};
    }
  }
  // The last one: what is beyond a quota was the oldest.
  for (std::size_t i = reply_.receives.size(); i-- > 0;) {
    if (!reply_.receives[i]) continue;
    return {.event_id = {},
            .callback_id = reply_.receives[i]->callback_id,
            .received_at = batch_.receives[i].callback.received_at};
  }
  return {};
}

std::int64_t Batch::received(Verdict verdict) const {
  return std::ranges::count_if(reply_.receives,
                               [&](const Result<Received>& each) { return each && each->verdict == verdict; });
}

bool Batch::buries() const {
  return std::ranges::any_of(
      batch_.records, [](const AttemptRecord& record) { return record.next_status == EventStatus::kDeadLetter; });
}

// ---- the two ways
// ----------------------------------------------------------------------------------------------------

Outcome<void> Batch::write_together() {
  connection_.begin();
  Calls calls = calls_of(accepts_, receives_);
  send_lane_locks(statements::kLockLanes, true, accepts_, receives_);
  send_delivery_look_ups(records_);
  send_records(records_);
  send_look_ups(calls);
  if (!records_.empty() || !releases_.empty() || calls.ask_first()) {
    if (const auto done = connection_.finish(); !done) return done;
  }
  settle_deliveries(records_);
  send_calls(calls);
  send_releases(releases_);
  settle_lanes();
  send_claims();
  const auto done = connection_.finish();
  answer_repetitions();
  return done;
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
  return connection_.finish();
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

// ---- leases
// ----------------------------------------------------------------------------------------------------------

void Batch::send_releases(Indices releases) {
  if (releases.empty()) return;
  Array sequences(kInt8);
  Array tokens(kText);
  Array endpoints(kInt8);
  Array not_before(kTimestamptz);
  Array errors(kText);
  for (const std::size_t index : releases) {
    const Release& release = batch_.releases[index];
    sequences.add(release.sequence);
    tokens.add(std::string_view(release.lease_token));
    release.endpoint_key ? endpoints.add(*release.endpoint_key) : endpoints.add_null();
    release.not_before ? not_before.add(*release.not_before) : not_before.add_null();
    release.last_error ? errors.add(std::string_view(storable_text(*release.last_error))) : errors.add_null();
  }
  Parameters parameters;
  parameters.add(std::move(sequences)).add(std::move(tokens)).add(std::move(endpoints));
  parameters.add(std::move(not_before)).add(std::move(errors)).add(batch_.now);
  connection_.send(statements::kRelease, parameters);
}

void Batch::send_claims() {
  for (std::size_t i = 0; i < batch_.claims.size(); ++i) {
    if (batch_.claims[i].limit > 0) send_claim(batch_.claims[i], reply_.claims[i]);
  }
  connection_.send(statements::kTransactionId, {},
                   [this](const ResultSet& rows) { transaction_id_ = rows.text(0, 0); });
}

void Batch::send_claim(const ClaimRequest& claim, ClaimReply& reply) {
  using namespace statements;
  const SteadyTime asked = std::chrono::steady_clock::now();
  const auto mark = marks_.mark(claim.endpoint_key, asked);
  const auto add_mark = [&](Parameters& parameters) { mark ? parameters.add(*mark) : parameters.add_null(); };

  Parameters parameters;
  parameters.add(claim.endpoint_key).add(static_cast<std::int64_t>(claim.limit));
  parameters.add(std::string_view(claim.lease_token)).add(std::int64_t{claim.lease.count()}).add(batch_.now);
  add_mark(parameters);
  connection_.send(kClaim, parameters, [&claim, &reply](const ResultSet& rows) {
    for (int row = 0; row < rows.rows(); ++row) {
      ClaimedEvent& claimed = reply.events.emplace_back();
      claimed.event.id = rows.text(row, kClaimedId);
      claimed.event.platform = rows.text(row, kClaimedPlatform);
      claimed.event.event_type = rows.text(row, kClaimedType);
      claimed.event.callback_target = rows.text(row, kClaimedTarget);
      claimed.event.payload = rows.text(row, kClaimedPayload);
      claimed.event.correlation = rows.text(row, kClaimedCorrelation);
      claimed.event.order_key = rows.text(row, kClaimedOrderKey);
      claimed.event.traceparent = rows.text(row, kClaimedTraceparent);
      claimed.event.created_at = rows.time(row, kClaimedCreatedAt);
      claimed.event.secret = secret_of(rows.integer(row, kClaimedPreviousSecret));
      claimed.sequence = rows.integer(row, kClaimedSequence);
      claimed.lease_token = claim.lease_token;
      claimed.status = parse_event_status(rows.bytes(row, kClaimedStatus)).value_or(EventStatus::kPending);
      claimed.attempt_count = static_cast<int>(rows.integer(row, kClaimedAttemptCount));
      claimed.tries_in_run = static_cast<int>(rows.integer(row, kClaimedTriesInRun));
      claimed.next_attempt_at = rows.time(row, kClaimedNextAttemptAt);
    }
    std::ranges::sort(reply.events, {},
                      [](const ClaimedEvent& event) { return std::pair(event.next_attempt_at, event.sequence); });
  });

  Parameters next;
  next.add(claim.endpoint_key).add(std::string_view(claim.lease_token));
  add_mark(next);
  connection_.send(kNextAvailable, next, [this, &claim, &reply, mark, asked](const ResultSet& rows) {
    if (rows.rows() > 0) reply.next_available_at = rows.time(0, 0);
    // What lies before the mark was not looked at.
    if (marks_.claimed(claim, reply, mark, asked) && mark) reply.next_available_at = batch_.now;
  });
}

}  // namespace yizhan::store::postgres

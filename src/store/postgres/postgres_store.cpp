#include "store/postgres/postgres_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <thread>

#include "base/fail_point.h"
#include "base/log.h"
#include "store/postgres/accept_check.h"
#include "store/postgres/batch.h"
#include "store/postgres/postgres_session.h"
#include "store/postgres/schema.h"
#include "store/postgres/statements.h"
#include "store/postgres/text.h"
#include "store/selection_sql.h"

namespace yizhan::store::postgres {
namespace {

/// After so many new idempotency keys, at most twice as many old ones go.
constexpr std::size_t kPruneEvery = 1000;

constexpr std::array kReplayable{EventStatus::kRetrying, EventStatus::kDeadLetter, EventStatus::kDelivered};
constexpr std::array kDiscardable{EventStatus::kPending, EventStatus::kRetrying, EventStatus::kDeadLetter};

}  // namespace

PostgresStore::PostgresStore(std::string url, Connection::Purpose purpose, Milliseconds settle_time)
    : url_(std::move(url)), purpose_(purpose), settle_time_(settle_time) {}

// ---- the connection
// --------------------------------------------------------------------------------------------------

Result<void> PostgresStore::connect() {
  if (connection_ && connection_->usable()) return {};
  if (joined_) return fail("store_unavailable", "the connection to PostgreSQL was lost in a transaction; try again");
  connection_.reset();
  auto opened = Connection::open(url_, purpose_);
  if (!opened) return std::unexpected(to_error(opened.error()));
  const auto version = read_schema_version(*opened);
  if (!version) return std::unexpected(version.error());
  if (*version > newest_schema()) {
    return fail("store_newer", fmt::format("the database's schema has version {}, this program knows {}: run the newer "
                                           "program",
                                           *version, newest_schema()));
  }
  if (*version < newest_schema() && purpose_ != Connection::Purpose::kExaminer) {
    return fail("schema_outdated",
                fmt::format("the database's schema has version {}, this program needs {}: run `yizhan migrate`",
                            *version, newest_schema()));
  }
  if (purpose_ == Connection::Purpose::kWriter) {
    if (const auto prepared = opened->prepare(statements::all()); !prepared) {
      return std::unexpected(to_error(prepared.error()));
    }
  }
  connection_ = std::move(*opened);
  return {};
}

void PostgresStore::abandon(const Failure& failure) {
  if (joined_) {
    joined_failure_ = failure;
    return;
  }
  // What was refused, and what was in the way of something, leaves a healthy connection. After anything else a new one
  // is the safer start: the server may have become a standby, a pooler may have swapped it, its plans may be outdated.
  const bool healthy = failure.value_refused() || failure.serialization() || failure.lock_timeout();
  if (!healthy || !connection_ || !connection_->usable()) return connection_.reset();
  if (connection_->in_transaction() && !connection_->execute("ROLLBACK")) connection_.reset();
}

void PostgresStore::pause_before_retry(int attempt) {
  // Two that were in each other's way should not meet again at the same moment.
  const auto most = std::uint64_t{1000} << attempt;
  std::this_thread::sleep_for(Microseconds{static_cast<std::int64_t>(random_.next() % most)});
}

// ---- writing
// ---------------------------------------------------------------------------------------------------------

Result<WriteReply> PostgresStore::write(const WriteBatch& batch) {
  fail_point("write.begin");
  for (const AttemptRecord& record : batch.records) {
    if (record.next_status == EventStatus::kPending || record.next_status == EventStatus::kDiscarded) {
      return fail("value_refused", fmt::format("an attempt cannot leave an event {}", to_string(record.next_status)));
    }
  }
  Refusals refused;
  for (const AcceptCall& call : batch.accepts) refused.accepts.push_back(refusal(call));
  for (const ReceiveCall& call : batch.receives) refused.receives.push_back(refusal(call));
  Way way = Way::kAtOnce;
  bool connected_anew = false;
  Error error;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (const auto connected = connect(); !connected) return std::unexpected(connected.error());
    const bool in_the_way = connection_->in_transaction();  // left open by sql()
    if (in_the_way) abandon({"40001", "", ""});
    if (!connection_) continue;
    Failure failure;
    auto reply = try_write(batch, refused, way, failure);
    if (reply) return reply;
    error = reply.error();
    if (error.code == "commit_outcome_unknown") return reply;
    abandon(failure);
    if (way == Way::kAtOnce && failure.taken_meanwhile()) {
      way = Way::kTogether;
    } else if (failure.serialization() || failure.taken_meanwhile()) {
      error = {"store_unavailable", "others write the same at the same moment; try again"};
      pause_before_retry(attempt);
    } else if (way != Way::kOneByOne && (failure.value_refused() || failure.lock_timeout())) {
      way = Way::kOneByOne;
    } else if (failure.connection_lost() && !connected_anew) {
      connected_anew = true;  // nothing was committed, and it may be that only an old connection was lost
    } else {
      break;
    }
  }
  return std::unexpected(error);
}

Result<WriteReply> PostgresStore::try_write(const WriteBatch& batch, const Refusals& refused, Way& way,
                                            Failure& failure) {
  Batch written(*connection_, memory_, batch, refused);
  if (way == Way::kAtOnce && !written.prepare_at_once()) way = Way::kTogether;
  const auto done = way == Way::kAtOnce     ? written.write_at_once()
                    : way == Way::kTogether ? written.write_together()
                                            : written.write_one_by_one();
  if (!done) {
    failure = done.error();
    if (!written.in_doubt(failure)) return std::unexpected(to_error(failure));
    switch (settle_commit(url_, settle_time_, [&](Connection& other) { return written.fate(other); })) {
      case CommitOutcome::kCommitted:
        break;
      case CommitOutcome::kRolledBack:
        return std::unexpected(to_error(failure));
      case CommitOutcome::kUnknown:
        connection_.reset();
        return fail(
            "commit_outcome_unknown",
            "the connection to PostgreSQL broke during a commit, and whether it took place could not be found out; "
            "try again under the same idempotency key");
    }
  }
  fail_point("write.after_commit");
  keys_since_pruning_ += written.keys_stored();
  forget_beyond_quota(written);
  return written.take_reply();
}

void PostgresStore::forget_beyond_quota(const Batch& written) {
  const auto forget = [this](QuotaPace& pace, std::int64_t rows, std::int64_t quota, const Statement& statement) {
    pace.added(rows);
    if (rows == 0 || !pace.due(quota) || !connection_ || !connection_->usable()) return;
    Parameters parameters;
    parameters.add(quota).add(QuotaPace::kPortion);
    connection_->send(statement, parameters, [&pace](const ResultSet& gone) { pace.looked(gone.affected()); });
    if (const auto done = connection_->finish(); !done) abandon(done.error());
  };
  forget(rejected_pace_, written.received(Verdict::kRejected), inbound_quota_.rejected, statements::kForgetRejected);
  forget(duplicate_pace_, written.received(Verdict::kDuplicate), inbound_quota_.duplicates,
         statements::kForgetDuplicates);
}

void PostgresStore::tidy() {
  if (keys_since_pruning_ < kPruneEvery || !connection_ || !connection_->usable()) return;
  Parameters most;
  most.add(static_cast<std::int64_t>(2 * keys_since_pruning_));
  keys_since_pruning_ = 0;
  connection_->send(statements::kPruneKeys, most);
  connection_->send(statements::kPruneCallbackKeys, most);
  if (const auto pruned = connection_->finish(); !pruned) abandon(pruned.error());  // the next thousand will do it
}

// ---- what is due
// -----------------------------------------------------------------------------------------------------

Result<void> PostgresStore::recover_leases(UtcTime) {
  return {};  // they end by themselves, on the database's clock, whoever held them
}

Result<std::vector<EndpointDue>> PostgresStore::endpoints_due(std::int64_t after, int limit) {
  if (after < kUnrouted) settle_lanes();
  std::vector<EndpointDue> due;
  // One probe of the index for each endpoint, from one to the next.
  const Query statement{
      "WITH RECURSIVE due AS ("
      " (SELECT endpoint_key, available_at FROM outbox_schedule WHERE NOT held AND endpoint_key > $1"
      "  ORDER BY endpoint_key, available_at LIMIT 1)"
      " UNION ALL"
      " SELECT next.endpoint_key, next.available_at FROM due CROSS JOIN LATERAL ("
      "  SELECT endpoint_key, available_at FROM outbox_schedule WHERE NOT held AND endpoint_key > due.endpoint_key"
      "  ORDER BY endpoint_key, available_at LIMIT 1) AS next"
      ") SELECT endpoint_key, available_at FROM due LIMIT $2",
      {after, std::int64_t{limit}}};
  const auto done = run(statement, Plans::kThroughIndexes, [&](const SqlRow& row) {
    due.push_back({.endpoint_key = row.integer(0), .available_at = row.time(1)});
  });
  if (!done) return std::unexpected(done.error());
  return due;
}

void PostgresStore::settle_lanes() {
  // A lane whose oldest event still waits: whoever closed the one before could not lock the lane in time, because
  // somebody was adding to it in a long transaction.
  Array stuck(kText);
  bool any = false;
  const Query statement{
      "WITH RECURSIVE lanes AS ("
      " (SELECT order_lane, held FROM outbox_schedule WHERE order_lane IS NOT NULL ORDER BY order_lane, held LIMIT 1)"
      " UNION ALL"
      " SELECT next.order_lane, next.held FROM lanes CROSS JOIN LATERAL ("
      "  SELECT order_lane, held FROM outbox_schedule WHERE order_lane > lanes.order_lane"
      "  ORDER BY order_lane, held LIMIT 1) AS next"
      ") SELECT order_lane FROM lanes WHERE held",
      {}};
  const auto found = run(statement, Plans::kThroughIndexes, [&](const SqlRow& row) {
    stuck.add(row.bytes(0));
    any = true;
  });
  if (!found || !any) return;
  Parameters nothing_and_lanes;
  nothing_and_lanes.add(Array(kInt8)).add(std::move(stuck));
  Array locked(kText);
  connection_->send_text("BEGIN", {}, {});
  connection_->send_text(statements::kTryLockLanes.text, statements::kTryLockLanes.types, nothing_and_lanes,
                         [&](const ResultSet& rows) {
                           for (int row = 0; row < rows.rows(); ++row) locked.add(rows.bytes(row, 0));
                         });
  if (const auto done = connection_->finish(); !done) return abandon(done.error());
  Parameters lanes;
  lanes.add(std::move(locked));
  connection_->send_text(statements::kSettleLanes.text, statements::kSettleLanes.types, lanes);
  connection_->send_text("COMMIT", {}, {});
  if (const auto done = connection_->finish(); !done) abandon(done.error());
}

// ---- replay and discard
// ----------------------------------------------------------------------------------------------

Result<std::int64_t> PostgresStore::replay(const Selection& selection, int limit, UtcTime now) {
  return operate(selection, limit, now,
                 {.statuses = kReplayable,
                  .call = "SELECT outbox_replay($1, $2, $3)",
                  .reason = "",
                  .delivery = delivery_replayed(),
                  .moved_to = "outbox_schedule",
                  .fail_point_name = "replay.before_commit",
                  .condition = kStillSendable});
}

Result<std::int64_t> PostgresStore::discard(const Selection& selection, int limit, std::string_view reason,
                                            UtcTime now) {
  return operate(selection, limit, now,
                 {.statuses = kDiscardable,
                  .call = "SELECT outbox_discard($1, $2, $4, $3)",
                  .reason = storable_text(reason),
                  .delivery = delivery_discarded(reason),
                  .moved_to = "outbox_abandoned",
                  .fail_point_name = "discard.before_commit"});
}

Result<std::int64_t> PostgresStore::operate(const Selection& selection, int limit, UtcTime now,
                                            const Operation& operation) {
  Error error;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (const auto connected = connect(); !connected) return std::unexpected(connected.error());
    auto changed = try_operation(selection, limit, now, operation);
    // None of those chosen was still as it was: choose again, the caller would take 0 for the end.
    if (changed && changed->chosen > 0 && changed->changed == 0) continue;
    if (changed) return changed->changed;
    abandon(changed.error());
    error = to_error(changed.error());
    if (joined_ || !changed.error().serialization()) break;
    pause_before_retry(attempt);
  }
  if (error.code.empty()) return fail("store_unavailable", "the events are being changed by others; try again");
  return std::unexpected(error);
}

Outcome<PostgresStore::Changed> PostgresStore::try_operation(const Selection& selection, int limit, UtcTime now,
                                                             const Operation& operation) {
  const Query targets = targets_query(selection, operation.statuses, limit, {}, operation.condition);
  Array sequences(kInt8);
  std::vector<std::int64_t> chosen;
  std::set<std::string> statuses;
  Changed answer;
  if (!joined_) connection_->send_text("BEGIN", {}, {});
  send_query(targets, [&](const ResultSet& rows) {
    answer.chosen = rows.rows();
    for (int row = 0; row < rows.rows(); ++row) {
      sequences.add(rows.integer(row, 0));
      chosen.push_back(rows.integer(row, 0));
      statuses.insert(rows.text(row, 1));
    }
  });
  if (const auto done = connection_->finish(); !done) return std::unexpected(done.error());
  PostgresSession session(*connection_);
  DeliverySettling settling;
  settling.look_up(session, chosen);
  Array wanted(kText);
  for (const std::string& status : statuses) wanted.add(std::string_view(status));
  Parameters parameters;
  parameters.add(std::move(sequences)).add(std::move(wanted)).add(now);
  std::vector<Oid> types{array_of(kInt8), array_of(kText), kTimestamptz};
  if (!operation.reason.empty()) {
    parameters.add(std::string_view(operation.reason));
    types.push_back(kText);
  }
  connection_->send_text(operation.call, types, parameters,
                         [&](const ResultSet& rows) { answer.changed = rows.integer(0, 0); });
  if (const auto done = connection_->finish(); !done) return std::unexpected(done.error());
  if (!settling.empty()) {
    if (const auto done = settle(session, settling, operation, chosen, now); !done) {
      return std::unexpected(done.error());
    }
  }
  fail_point(operation.fail_point_name);
  if (joined_) return answer;
  connection_->send_text("COMMIT", {}, {});
  if (const auto done = connection_->finish(); !done) return std::unexpected(done.error());
  return answer;
}

Outcome<void> PostgresStore::settle(PostgresSession& session, DeliverySettling& settling, const Operation& operation,
                                    const std::vector<std::int64_t>& chosen, UtcTime now) {
  // Others may have moved some of those that were chosen: what happened is where they are.
  Array sequences(kInt8);
  for (const std::int64_t sequence : chosen) sequences.add(sequence);
  Parameters parameters;
  parameters.add(std::move(sequences));
  std::vector<DeliveryChange> changes;
  connection_->send_text(fmt::format("SELECT sequence FROM {} WHERE sequence = ANY ($1)", operation.moved_to),
                         {array_of(kInt8)}, parameters, [&](const ResultSet& rows) {
                           for (int row = 0; row < rows.rows(); ++row) {
                             changes.push_back(operation.delivery);
                             changes.back().sequence = rows.integer(row, 0);
                           }
                         });
  if (const auto done = connection_->finish(); !done) return done;
  settling.settle(session, changes, now);
  return connection_->finish();
}

}  // namespace yizhan::store::postgres

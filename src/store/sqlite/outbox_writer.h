// The four things a batch does to the outbox, inside the transaction that the caller began. Each leaves the layout's
// rules intact (docs/decisions/0001-outbox-layout.md): an event has one row in schedule, delivered and abandoned
// together.
//
// An error means that the transaction must be rolled back. What concerns one accept call only is inside its answer.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/idempotency.h"
#include "store/sqlite/leases.h"
#include "store/sqlite/minutes.h"
#include "store/sqlite/row_inserts.h"
#include "store/store.h"

namespace yizhan::store::sqlite {

/// When a batch happens: by the wall clock, which goes into rows, and by the clock that leases are judged by.
struct Moment {
  UtcTime wall{};
  SteadyTime steady{};
};

class OutboxWriter {
 public:
  /// `leases` outlives this object: it survives a reopened connection.
  static Result<OutboxWriter> open(Connection& connection, Leases& leases);

  Result<RecordReply> record(const AttemptRecord& record);
  Result<Result<std::vector<Accepted>>> accept(const AcceptCall& call, const Moment& moment);
  /// The middle of accept(), for events that come with something else. On an error inside, the events before the
  /// refused one are stored, and the caller takes them back.
  Result<Result<std::vector<Accepted>>> store_events(const std::vector<NewEvent>& events, const Moment& moment);
  /// The end of accept(): the leases of what store_events() answered, once nothing will take it back.
  void hold_leases(const std::vector<NewEvent>& events, const std::vector<Accepted>& accepted, const Moment& moment);
  /// What is written from begin_call() on can be taken back by itself.
  Result<void> begin_call();
  Result<void> end_call(bool take_back);

  /// Rows wait for others of their table, to be written by many with one statement: after the last result, and after
  /// the last event of the transaction. What they were made of lives until then.
  Result<void> write_results();
  Result<void> write_accepted();

  Result<void> release(const Release& release, const Moment& moment);
  Result<ClaimReply> claim(const ClaimRequest& request, const Moment& moment);

  void roll_back();

  /// Forgets the leases that ended. Where the wall clock, set back, says that they run on, their rows are made
  /// claimable.
  Result<void> end_leases(const Moment& moment);
  /// Frees every lease that this process does not hold.
  Result<void> free_foreign_leases();

  /// Whether the transaction of these items is in the file, asked of a connection opened after a commit that failed.
  /// Nothing when the batch left no trace to look for.
  Result<std::optional<bool>> find_trace(const WriteBatch& batch, const WriteReply& reply);

  IdempotencyKeys& idempotency_keys() { return keys_; }

 private:
  OutboxWriter(Connection& connection, Leases& leases, IdempotencyKeys keys, Minutes minutes)
      : connection_(&connection), leases_(&leases), keys_(std::move(keys)), minutes_(std::move(minutes)) {}

  struct DeliveredRow {
    std::int64_t sequence;
    int attempt_count;
    UtcTime updated_at;
  };
  struct AttemptRow {
    const AttemptRecord* record;
    int attempt_no;
  };
  struct ScheduledRow {
    const NewEvent* event;
    std::int64_t sequence;
    std::optional<UtcTime> lease_ends;
    bool held;
    UtcTime updated_at;
  };

  struct Candidate;
  enum class Candidates { kLeasesEnded, kDue };

  Result<void> prepare();
  Error error(int code, std::string_view doing) const { return connection_->error(code, doing); }

  Result<std::optional<HeldLease>> counters_of(const AttemptRecord& record);
  static void bind(Statement& statement, int first, const DeliveredRow& row);
  static void bind(Statement& statement, int first, const AttemptRow& row);
  static void bind(Statement& statement, int first, const ScheduledRow& row);
  Result<void> write_scheduled();
  Result<void> settle_order(std::int64_t sequence);

  /// The answer for one event; an error inside concerns its call.
  Result<Result<Accepted>> accept_event(const NewEvent& item, const Moment& moment);
  Result<std::optional<Result<Accepted>>> find_duplicate(const NewEvent& item, const Moment& moment);
  Result<bool> order_has_open_event(const Event& event);

  Result<void> find_candidates(Candidates kind, const ClaimRequest& request, const Moment& moment,
                               std::vector<Candidate>& found);
  Result<std::optional<UtcTime>> next_available(const ClaimRequest& request);
  Result<bool> is_disabled(std::int64_t endpoint_key);
  Result<void> set_lease_end(std::int64_t sequence, UtcTime ends);

  Connection* connection_;
  Leases* leases_;
  IdempotencyKeys keys_;
  Minutes minutes_;

  std::vector<DeliveredRow> delivered_rows_;
  std::vector<AttemptRow> attempt_rows_;
  std::vector<ScheduledRow> scheduled_rows_;
  RowInserts insert_delivered_, insert_attempts_, insert_scheduled_;

  Statement read_counters_, close_scheduled_, insert_abandoned_, insert_dead_letter_, retry_, settle_order_;
  Statement savepoint_, release_savepoint_, roll_back_savepoint_;
  Statement insert_event_, order_has_open_, read_duplicate_;
  Statement give_back_, find_due_, find_leases_ended_, take_lease_, endpoint_disabled_, set_lease_end_, end_lease_,
      next_due_, next_lease_end_;
  Statement find_foreign_leases_, free_lease_;
  Statement event_exists_, attempt_exists_, lease_stands_;
};

}  // namespace yizhan::store::sqlite

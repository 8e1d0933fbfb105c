// The store on PostgreSQL. Nodes are equals: any number of them share one database, each with a writing connection and
// a few reading ones; what they must agree on is decided by the database's locks and its clock.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "store/delivery_settling.h"
#include "store/lookups.h"
#include "store/postgres/batch.h"
#include "store/postgres/commit.h"
#include "store/postgres/connection.h"
#include "store/receiving.h"

namespace yizhan::store::postgres {

class PostgresStore final : public Lookups {
 public:
  PostgresStore(std::string url, Connection::Purpose purpose, Milliseconds settle_time = kSettleTime);

  /// Connects, unless connected. Every other call does so by itself; a store that is opened says at once what is wrong.
  /// `store_newer` when the schema is newer than this program.
  Result<void> connect();

  Result<WriteReply> write(const WriteBatch& batch) override;
  Result<std::vector<EndpointDue>> endpoints_due(std::int64_t after, int limit) override;
  Result<void> recover_leases(UtcTime now) override;
  Result<std::int64_t> replay(const Selection& selection, int limit, UtcTime now) override;
  Result<std::int64_t> discard(const Selection& selection, int limit, std::string_view reason, UtcTime now) override;
  void set_inbound_quota(const InboundQuota& quota) override { inbound_quota_ = quota; }
  Result<std::vector<SqlResult>> sql(std::string_view text) override;
  Result<void> ping() override;
  Result<std::vector<std::string>> warnings() override;
  /// Forgets idempotency keys whose time is over, as many as came at most twice.
  void tidy() override;
  /// Nothing where the table belongs to a role that this one is no member of, or somebody keeps it locked.
  Result<void> sweep() override;
  Result<void> transact(std::string_view before_commit, const SessionWork& work) override;
  Result<void> look(const SessionWork& work) override;

 protected:
  Result<std::int64_t> query(const Query& statement, const RowReader& reader) override;
  const Dialect& dialect() const override;
  Result<std::vector<std::int64_t>> store_events(Session& session, std::vector<NewEvent> events, UtcTime now) override;

 private:
  /// Whether a statement's plan is the planner's choice, or has to go through an index although the planner may believe
  /// that the table is empty.
  enum class Plans { kFree, kThroughIndexes };
  static constexpr const char* kPlanFreely =
      "SELECT set_config(name, 'on', true) FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin',"
      " 'enable_bitmapscan']) AS name";
  static constexpr const char* kPlanThroughIndexes = "SET LOCAL enable_seqscan = off";

  Result<std::int64_t> run(const Query& statement, Plans plans, const RowReader& reader);
  void send_query(const Query& statement, Connection::OnResult on_result);

  /// The ways of a Batch, from the fastest to the one that always works.
  enum class Way { kAtOnce, kTogether, kOneByOne };
  /// `way` becomes the one that was gone.
  Result<WriteReply> try_write(const WriteBatch& batch, const Refusals& refused, Way& way, Failure& failure);
  /// The oldest of what had no effect goes for what came. When that fails, the next batch will do it.
  void forget_beyond_quota(const Batch& written);
  void settle_lanes();
  /// After a call that failed: rolls back what it left open, or gives the connection up. Inside transact() that is
  /// its affair.
  void abandon(const Failure& failure);
  void pause_before_retry(int attempt);
  /// Tries of one call while others are in its way.
  static constexpr int kTries = 6;
  /// Leaves the database's reason in `failure` where it was not the work that gave up.
  Result<void> try_transact(std::string_view before_commit, const SessionWork& work, std::optional<Failure>& failure);

  /// transact() inside transact().
  Result<void> join(std::string_view before_commit, const SessionWork& work);

  /// Replay and discard: chooses events and calls a function of the schema for them, in one transaction.
  struct Operation {
    std::span<const EventStatus> statuses;
    std::string call;  ///< `SELECT …` with $1 sequences, $2 statuses, $3 the time, and $4 the reason where there is one
    std::string reason;
    DeliveryChange delivery;    ///< what becomes of each that is a delivery to a device
    std::string_view moved_to;  ///< the table in which those that were changed are found then
    std::string_view fail_point_name;
    std::string_view condition = {};  ///< on the events `e` that are chosen
  };
  struct Changed {
    std::int64_t chosen = 0;
    std::int64_t changed = 0;
  };
  Result<std::int64_t> operate(const Selection& selection, int limit, UtcTime now, const Operation& operation);
  Outcome<Changed> try_operation(const Selection& selection, int limit, UtcTime now, const Operation& operation);
  Outcome<void> settle(PostgresSession& session, DeliverySettling& settling, const Operation& operation,
                       const std::vector<std::int64_t>& chosen, UtcTime now);

  std::string url_;
  Connection::Purpose purpose_;
  Milliseconds settle_time_;
  std::optional<Connection> connection_;
  bool joined_ = false;  ///< inside transact(): what changes something has its transaction already
  std::optional<Failure> joined_failure_;
  WriterMemory memory_;
  std::size_t keys_since_pruning_ = 0;
  InboundQuota inbound_quota_;
  QuotaPace rejected_pace_;
  QuotaPace duplicate_pace_;
  Random random_;
};

}  // namespace yizhan::store::postgres

// The embedded store: one SQLite file in write-ahead-log mode, on one machine.
//
// After a commit that failed in the disk (fault 7) this connection's view of the file is not trusted again: it is
// closed and opened anew, and what became of the batch is looked up before anybody is answered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "store/delivery_settling.h"
#include "store/lookups.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/inbound_writer.h"
#include "store/sqlite/leases.h"
#include "store/sqlite/outbox_writer.h"
#include "store/sqlite/sqlite_session.h"

namespace yizhan::store::sqlite {

using SteadyClock = std::function<SteadyTime()>;

class SqliteStore final : public Lookups {
 public:
  /// The file exists and has this program's schema. `on_close` runs when the store is destroyed.
  static Result<std::unique_ptr<SqliteStore>> open(std::string path, ConnectionRole role, SteadyClock steady_clock,
                                                   std::move_only_function<void()> on_close);
  ~SqliteStore() override;

  Result<WriteReply> write(const WriteBatch& batch) override;
  void tidy() override;
  Result<std::vector<EndpointDue>> endpoints_due(std::int64_t after, int limit) override;
  Result<void> recover_leases(UtcTime now) override;

  Result<std::int64_t> replay(const Selection& selection, int limit, UtcTime now) override;
  Result<std::int64_t> discard(const Selection& selection, int limit, std::string_view reason, UtcTime now) override;

  void set_inbound_quota(const InboundQuota& quota) override { inbound_quota_ = quota; }
  Result<std::vector<SqlResult>> sql(std::string_view text) override;
  Result<void> ping() override;
  Result<std::vector<std::string>> warnings() override;
  Result<void> transact(std::string_view before_commit, const SessionWork& work) override;
  Result<void> look(const SessionWork& work) override;

 protected:
  Result<std::int64_t> query(const Query& statement, const RowReader& reader) override;
  const Dialect& dialect() const override;
  Result<std::vector<std::int64_t>> store_events(Session& session, std::vector<NewEvent> events, UtcTime now) override;

 private:
  SqliteStore(std::string path, ConnectionRole role, SteadyClock steady_clock)
      : path_(std::move(path)), role_(role), steady_clock_(std::move(steady_clock)) {}

  Result<void> connect();
  /// Opens the connection again where it was given up.
  Result<void> ensure_connected();
  void disconnect();

  /// Runs `work` in a transaction; on an error nothing is changed. `before_commit` names the fail point. Inside
  /// transact() it joins that transaction.
  Result<void> in_transaction(const std::function<Result<void>()>& work, std::string_view before_commit);
  Result<WriteReply> apply(const WriteBatch& batch, const Moment& moment);
  Result<void> settle_deliveries(const std::vector<DeliveryChange>& changes, UtcTime now);
  /// Commits; false where the outcome is in doubt and the connection was given up.
  Result<bool> commit();
  void roll_back();
  /// What became of a batch whose commit failed in the disk.
  Result<WriteReply> settle(const WriteBatch& batch, WriteReply reply);
  /// `delivery` is what becomes of each that is a delivery to a device.
  Result<std::int64_t> change_each(const Query& targets, std::string_view change, std::string_view reason, UtcTime now,
                                   const DeliveryChange& delivery, std::string_view before_commit);

  /// Whether the log has grown enough since the last checkpoint was tried.
  bool checkpoint_due() const;
  void checkpoint();
  /// A log of `pages`, of which only `moved` could be moved, grows until whoever reads an old state of the file ends.
  void tell_if_held(int pages, int moved);
  Result<void> run_statement(std::string_view text, std::string_view& rest, std::vector<SqlResult>& results);
  Result<void> count_view_changes();

  const std::string path_;
  const ConnectionRole role_;
  const SteadyClock steady_clock_;
  std::move_only_function<void()> on_close_;

  Leases leases_;
  Connection connection_;
  std::optional<OutboxWriter> writer_;    ///< of a writing connection
  std::optional<InboundWriter> inbound_;  ///< likewise; refers to writer_
  InboundQuota inbound_quota_;
  Statement begin_, commit_, roll_back_;
  SessionStatements session_statements_;

  int pages_in_log_ = 0;         ///< as of the last commit
  int pages_at_checkpoint_ = 0;  ///< when a checkpoint was last tried
  int pages_told_ = 0;           ///< how long the log was when somebody who keeps it was last complained of
  SteadyTime leases_swept_{};
  std::int64_t pruned_day_ = 0;
  std::int64_t view_changes_ = 0;  ///< rows of the outbox view that the running statement changed
  bool counts_view_changes_ = false;
  bool joined_ = false;  ///< inside transact(): what changes something has its transaction already
};

}  // namespace yizhan::store::sqlite

#include "store/sqlite/sqlite_store.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <thread>

#include "base/fail_point.h"
#include "base/log.h"
#include "store/selection_sql.h"
#include "store/sqlite/sqlite_error.h"
#include "store/sqlite/statement_row.h"

namespace yizhan::store::sqlite {
namespace {

/// A checkpoint of this many pages takes some milliseconds; one of 20,000 would hold up everybody for 120.
constexpr int kCheckpointPages = 1000;
/// Without anybody calling tidy() the log is kept at this length.
constexpr int kLongestLog = 8 * kCheckpointPages;
constexpr int kPagesOfMebibyte = (1 << 20) / 4096;
/// A log that is longer is kept by somebody.
constexpr int kHeldPages = 128 * kPagesOfMebibyte;

constexpr Seconds kLeaseSweepInterval{1};

/// How often, and how far apart, the file is opened again to find out what a failed commit did.
constexpr int kSettleTries = 20;
constexpr Milliseconds kSettlePause{100};

constexpr std::uint64_t kLowDiskBytes = 256ULL << 20;

Error read_only_error() {
  return {"sql_error", "this connection of the store only reads; changes go through the connection that writes"};
}

void bind_parameters(Statement& statement, const std::vector<SqlValue>& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    // SQLite takes `$1` for a name and numbers names by their first appearance.
    const std::string name = fmt::format("${}", i + 1);
    const int index = sqlite3_bind_parameter_index(statement.get(), name.c_str());
    if (index == 0) continue;
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
            statement.bind(index, std::string_view(value));
          } else {
            statement.bind(index, value);
          }
        },
        parameters[i]);
  }
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(std::string path, ConnectionRole role, SteadyClock steady_clock,
                                                       std::move_only_function<void()> on_close) {
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(path), role, std::move(steady_clock)));
  if (auto done = store->connect(); !done) return std::unexpected(done.error());
  store->on_close_ = std::move(on_close);
  // A migration, or a statement by hand while nothing was served, leaves a log of any length. To move 700 MB takes two
  // seconds: now, while nobody waits, not beside the first events.
  std::error_code failure;
  const std::uintmax_t log = std::filesystem::file_size(store->path_ + "-wal", failure);
  if (!failure && log > kLogBytesKept) store->checkpoint();
  return store;
}

SqliteStore::~SqliteStore() {
  // An orderly end leaves one file. A connection that is given up for a failing disk must not touch the file again.
  checkpoint();
  if (role_ == ConnectionRole::kWriter && connection_.is_open()) {
    sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  }
  disconnect();
  if (on_close_) on_close_();
}

Result<void> SqliteStore::connect() {
  auto connection = Connection::open(path_, role_);
  if (!connection) return std::unexpected(connection.error());
  disconnect();
  connection_ = std::move(*connection);
  if (role_ == ConnectionRole::kReader) return {};

  const auto open_statements = [&]() -> Result<void> {
    for (const auto& [statement, sql] :
         {std::pair{&begin_, "BEGIN IMMEDIATE"}, {&commit_, "COMMIT"}, {&roll_back_, "ROLLBACK"}}) {
      auto prepared = connection_.prepare(sql);
      if (!prepared) return std::unexpected(prepared.error());
      *statement = std::move(*prepared);
    }
    auto writer = OutboxWriter::open(connection_, leases_);
    if (!writer) return std::unexpected(writer.error());
    writer_.emplace(std::move(*writer));
    auto inbound = InboundWriter::open(connection_, *writer_);
    if (!inbound) return std::unexpected(inbound.error());
    inbound_.emplace(std::move(*inbound));
    return {};
  };
  if (auto done = open_statements(); !done) {
    disconnect();
    return done;
  }
  sqlite3_wal_hook(
      connection_.get(),
      [](void* store, sqlite3*, const char*, int pages) {
        static_cast<SqliteStore*>(store)->pages_in_log_ = pages;
        return SQLITE_OK;
      },
      this);
  return {};
}

Result<void> SqliteStore::ensure_connected() {
  if (connection_.is_open()) return {};
  return connect();
}

void SqliteStore::disconnect() {
  inbound_.reset();
  writer_.reset();
  session_statements_.clear();
  for (Statement* statement : {&begin_, &commit_, &roll_back_}) *statement = Statement();
  counts_view_changes_ = false;
  connection_ = Connection();
}

void SqliteStore::roll_back() {
  const int failure = sqlite3_extended_errcode(connection_.get());
  leases_.roll_back();
  if (writer_) writer_->roll_back();
  if (inbound_) inbound_->roll_back();
  if (connection_.in_transaction()) roll_back_.run();  // some failures end the transaction by themselves
  if (is_io_error(failure)) disconnect();
}

Result<bool> SqliteStore::commit() {
  const int code = commit_.run();
  if (code == SQLITE_DONE) return true;
  Error error = connection_.error(code, "commit");
  if (!is_io_error(code)) {
    roll_back();
    return std::unexpected(std::move(error));
  }
  log::error("store_commit_failed", {{"code", error.code}, {"message", error.message}});
  disconnect();
  return false;
}

Result<void> SqliteStore::in_transaction(const std::function<Result<void>()>& work, std::string_view before_commit) {
  if (role_ == ConnectionRole::kReader) return std::unexpected(read_only_error());
  if (joined_) {
    auto done = work();
    if (done && !before_commit.empty()) fail_point(before_commit);
    return done;
  }
  if (auto done = ensure_connected(); !done) return done;
  if (const int code = begin_.run(); code != SQLITE_DONE) {
    Error error = connection_.error(code, "begin a transaction");
    roll_back();
    return std::unexpected(std::move(error));
  }
  if (auto done = work(); !done) {
    roll_back();
    return done;
  }
  if (!before_commit.empty()) fail_point(before_commit);
  const auto committed = commit();
  if (!committed) return std::unexpected(committed.error());
  if (!*committed) {
    return fail("commit_outcome_unknown",
                "the disk failed while the change was being committed; look whether it was made before you repeat it");
  }
  leases_.commit();
  return {};
}

Result<WriteReply> SqliteStore::write(const WriteBatch& batch) {
  if (role_ == ConnectionRole::kReader) return std::unexpected(read_only_error());
  if (role_ != ConnectionRole::kWriter && !batch.receives.empty()) {
    return fail("sql_error", "callbacks are received by the process that owns the file; send it to the service");
  }
  if (auto done = ensure_connected(); !done) return std::unexpected(done.error());
  if (pages_in_log_ >= kLongestLog && checkpoint_due()) checkpoint();
  if (auto done = ensure_connected(); !done) return std::unexpected(done.error());

  fail_point("write.begin");
  const Moment moment{.wall = batch.now, .steady = steady_clock_()};
  if (const int code = begin_.run(); code != SQLITE_DONE) {
    Error error = connection_.error(code, "begin a transaction");
    roll_back();
    return std::unexpected(std::move(error));
  }
  auto reply = apply(batch, moment);
  if (!reply) {
    roll_back();
    return reply;
  }
  for (const AttemptRecord& record : batch.records) {
    if (record.next_status != EventStatus::kDeadLetter) continue;
    fail_point("bury.before_commit");
    break;
  }
  fail_point("write.before_commit");
  const auto committed = commit();
  if (!committed) return std::unexpected(committed.error());
  if (!*committed) return settle(batch, std::move(*reply));
  leases_.commit();
  inbound_->commit();
  fail_point("write.after_commit");
  return reply;
}

Result<WriteReply> SqliteStore::apply(const WriteBatch& batch, const Moment& moment) {
  if (batch.empty()) {
    // Whoever commits nothing wants to know whether the store can commit: without a changed page nothing would be
    // written.
    const auto touched = connection_.execute("UPDATE yizhan_migrations SET version = version");
    if (!touched) return std::unexpected(touched.error());
  }
  WriteReply reply;
  reply.records.reserve(batch.records.size());
  reply.accepts.reserve(batch.accepts.size());
  reply.receives.reserve(batch.receives.size());
  reply.claims.reserve(batch.claims.size());
  std::vector<DeliveryChange> deliveries;
  for (const AttemptRecord& record : batch.records) {
    auto recorded = writer_->record(record);
    if (!recorded) return std::unexpected(recorded.error());
    reply.records.push_back(*recorded);
    if (record.is_push && *recorded == RecordReply::kRecorded) deliveries.push_back(change_of(record));
  }
  if (auto done = writer_->write_results(); !done) return std::unexpected(done.error());
  if (auto done = settle_deliveries(deliveries, batch.now); !done) return std::unexpected(done.error());
  for (const AcceptCall& call : batch.accepts) {
    auto accepted = writer_->accept(call, moment);
    if (!accepted) return std::unexpected(accepted.error());
    reply.accepts.push_back(std::move(*accepted));
  }
  for (const ReceiveCall& call : batch.receives) {
    auto received = inbound_->receive(call, moment);
    if (!received) return std::unexpected(received.error());
    reply.receives.push_back(std::move(*received));
  }
  if (auto done = writer_->write_accepted(); !done) return std::unexpected(done.error());
  if (auto done = inbound_->finish(inbound_quota_); !done) return std::unexpected(done.error());
  for (const Release& release : batch.releases) {
    if (auto done = writer_->release(release, moment); !done) return std::unexpected(done.error());
  }
  if (moment.steady - leases_swept_ >= kLeaseSweepInterval) {
    if (auto done = writer_->end_leases(moment); !done) return std::unexpected(done.error());
    leases_swept_ = moment.steady;
  }
  for (const ClaimRequest& request : batch.claims) {
    auto claimed = writer_->claim(request, moment);
    if (!claimed) return std::unexpected(claimed.error());
    reply.claims.push_back(std::move(*claimed));
  }
  const std::int64_t today = std::chrono::floor<std::chrono::days>(moment.wall).time_since_epoch().count();
  if (today != pruned_day_) {
    const auto more = writer_->idempotency_keys().prune(moment.wall);
    if (!more) return std::unexpected(more.error());
    if (!*more) pruned_day_ = today;
  }
  return reply;
}

Result<WriteReply> SqliteStore::settle(const WriteBatch& batch, WriteReply reply) {
  for (int tries = 0; tries < kSettleTries; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(kSettlePause);
    if (!ensure_connected()) continue;
    auto trace = inbound_->find_trace(batch, reply);
    if (trace && !*trace) trace = writer_->find_trace(batch, reply);
    if (!trace) {
      disconnect();
      continue;
    }
    if (!*trace || !**trace) {
      leases_.roll_back();
      return fail("store_unavailable",
                  "the disk failed while a transaction was being committed; nothing of it was stored. Check the disk");
    }
    // It can be read, but after a failed sync it may be in the cache only: moved into the database and synced there, it
    // is durable, whatever became of the log.
    int pages = -1;
    int moved = -2;
    const int code = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_FULL, &pages, &moved);
    if (code == SQLITE_OK && pages == moved) {
      leases_.commit();
      return reply;
    }
    disconnect();
  }
  leases_.roll_back();
  return fail(
      "commit_outcome_unknown",
      "the disk failed while a transaction was being committed, and the database cannot be opened again to find out "
      "whether it was stored. Check the disk; repeat with the same idempotency key");
}

void SqliteStore::tidy() {
  if (checkpoint_due()) checkpoint();
}

bool SqliteStore::checkpoint_due() const {
  // After a checkpoint that moved everything the log begins anew. Where a reader kept it from doing so, it is not tried
  // again at every commit.
  const bool begun_anew = pages_in_log_ < pages_at_checkpoint_;
  return pages_in_log_ >= (begun_anew ? 0 : pages_at_checkpoint_) + kCheckpointPages;
}

void SqliteStore::checkpoint() {
  if (!connection_.is_open() || role_ != ConnectionRole::kWriter) return;
  int pages = 0;
  int moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
  pages_at_checkpoint_ = pages_in_log_;
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return tell_if_held(pages, moved);
  const Error error = connection_.error(code, "move the log into the database");
  log::warning("store_checkpoint_failed", {{"code", error.code}, {"message", error.message}});
  if (is_io_error(code)) disconnect();
}

void SqliteStore::tell_if_held(int pages, int moved) {
  if (moved >= pages) pages_told_ = 0;
  if (moved >= pages || pages < std::max(kHeldPages, 2 * pages_told_)) return;
  pages_told_ = pages;
  log::warning("store_log_held", {{"path", path_ + "-wal"}, {"mebibytes", pages / kPagesOfMebibyte}});
}

Result<std::vector<EndpointDue>> SqliteStore::endpoints_due(std::int64_t after, int limit) {
  if (auto done = ensure_connected(); !done) return std::unexpected(done.error());
  std::array<Statement, 2> looks;
  constexpr std::array<std::string_view, 2> kLooks{
      "SELECT endpoint_key, available_at FROM outbox_schedule INDEXED BY outbox_due "
      "WHERE lease_token IS NULL AND held = 0 AND endpoint_key > ?1 ORDER BY endpoint_key, available_at LIMIT 1",
      "SELECT endpoint_key, available_at FROM outbox_schedule INDEXED BY outbox_leased "
      "WHERE lease_token IS NOT NULL AND endpoint_key > ?1 ORDER BY endpoint_key, available_at LIMIT 1"};
  for (std::size_t i = 0; i < looks.size(); ++i) {
    auto prepared = connection_.prepare(kLooks[i]);
    if (!prepared) return std::unexpected(prepared.error());
    looks[i] = std::move(*prepared);
  }
  std::vector<EndpointDue> endpoints;
  while (endpoints.size() < static_cast<std::size_t>(limit)) {
    std::optional<EndpointDue> next;
    for (Statement& look : looks) {
      look.bind(1, after);
      const ResetGuard guard(look);
      const int code = look.step();
      if (code == SQLITE_DONE) continue;
      if (code != SQLITE_ROW) return std::unexpected(connection_.error(code, "look for endpoints with open events"));
      const EndpointDue found{.endpoint_key = look.integer(0), .available_at = look.time(1)};
      if (!next || found.endpoint_key < next->endpoint_key ||
          (found.endpoint_key == next->endpoint_key && found.available_at < next->available_at)) {
        next = found;
      }
    }
    if (!next) break;
    endpoints.push_back(*next);
    after = next->endpoint_key;
  }
  return endpoints;
}

Result<void> SqliteStore::recover_leases(UtcTime) {
  return in_transaction(
      [&]() -> Result<void> {
        if (auto done = writer_->free_foreign_leases(); !done) return done;
        return connection_.execute(
            "UPDATE notify_queue SET lease_token = NULL, lease_expires_at = NULL "
            "WHERE process_status IS NULL AND lease_token IS NOT NULL;"
            "UPDATE replay_jobs SET lease_token = NULL, lease_expires_at = NULL WHERE lease_token IS NOT NULL");
      },
      {});
}

Result<std::int64_t> SqliteStore::replay(const Selection& selection, int limit, UtcTime now) {
  constexpr std::array kReplayable{EventStatus::kRetrying, EventStatus::kDelivered, EventStatus::kDeadLetter};
  return change_each(targets_query(selection, kReplayable, limit, dialect(), kStillSendable),
                     "UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = $2, last_error = NULL, "
                     "updated_at = $2 WHERE id = $1;"
                     "DELETE FROM cs_platform_event_dead_letters WHERE event_id = $1",
                     {}, now, delivery_replayed(), "replay.before_commit");
}

Result<std::int64_t> SqliteStore::discard(const Selection& selection, int limit, std::string_view reason, UtcTime now) {
  constexpr std::array kDiscardable{EventStatus::kPending, EventStatus::kRetrying, EventStatus::kDeadLetter};
  return change_each(targets_query(selection, kDiscardable, limit, dialect()),
                     "UPDATE cs_platform_event_outbox SET status = 'discarded', last_error = $3, updated_at = $2 "
                     "WHERE id = $1",
                     reason, now, delivery_discarded(reason), "discard.before_commit");
}

Result<std::int64_t> SqliteStore::query(const Query& statement, const RowReader& reader) {
  if (auto done = ensure_connected(); !done) return std::unexpected(done.error());
  auto prepared = connection_.prepare(statement.text);
  if (!prepared) return std::unexpected(prepared.error());
  bind_parameters(*prepared, statement.parameters);
  const StatementRow row(*prepared);
  int code = SQLITE_ROW;
  while ((code = prepared->step()) == SQLITE_ROW) {
    if (reader) reader(row);
  }
  if (code != SQLITE_DONE) {
    Error error = connection_.error(code, "run a statement");
    prepared = Statement();
    if (is_io_error(code)) disconnect();
    return std::unexpected(std::move(error));
  }
  return sqlite3_stmt_readonly(prepared->get()) != 0 ? 0 : connection_.changes();
}

const Dialect& SqliteStore::dialect() const {
  static constexpr Dialect kDialect{
      .minute_of_created_at = "e.created_at / 60000000 * 60000000",
      .first_sequence_from =
          "SELECT coalesce(min(first_sequence), 9223372036854775807) FROM outbox_minutes "
          "WHERE minute >= {} / 60000000 * 60000000",
      .last_sequence_until = "SELECT coalesce(max(last_sequence), 0) FROM outbox_minutes WHERE minute < {}",
      .first_callback_from =
          "SELECT coalesce(min(first_id), 9223372036854775807) FROM inbound_minutes "
          "WHERE minute >= {} / 60000000 * 60000000",
      .last_callback_until = "SELECT coalesce(max(last_id), 0) FROM inbound_minutes WHERE minute < {}",
      .writes_of_others = "PRAGMA data_version",
      .attempts_by_time = false,
      .callbacks_in_blocks = true,
      .keys_of_value =
          "WITH RECURSIVE days (day) AS (SELECT min(day) FROM callback_lookup UNION ALL "
          "SELECT (SELECT min(day) FROM callback_lookup AS l WHERE l.day > days.day) FROM days WHERE day IS NOT NULL) "
          "SELECT callback_id, name FROM callback_keys WHERE value = {value} AND callback_id IN "
          "(SELECT callback_id FROM days CROSS JOIN callback_lookup AS l ON l.day = days.day WHERE l.hash = {hash}) "
          "UNION SELECT callback_id, name FROM callback_keys WHERE value = {value} AND accepted = 1 "
          "AND callback_id > (SELECT indexed_through FROM callback_lookup_state) "
          "UNION SELECT callback_id, name FROM callback_keys INDEXED BY callback_keys_unaccepted "
          "WHERE value = {value} AND accepted = 0",
      .order_time = "strftime('%Y-%m-%d %H:%M:%S', {0} / 1000000, 'unixepoch') || printf('.%06d', {0} % 1000000)"};
  return kDialect;
}

Result<void> SqliteStore::ping() {
  const auto done = query({"SELECT version FROM yizhan_migrations LIMIT 1", {}}, {});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::vector<std::string>> SqliteStore::warnings() {
  std::vector<std::string> found;
  struct statvfs disk{};
  if (::statvfs(path_.c_str(), &disk) == 0) {
    const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (room < kLowDiskBytes) {
      found.push_back(fmt::format("only {} MiB are left on the disk of {}; without room nothing can be accepted",
                                  room >> 20, path_));
    }
  }
  return found;
}

}  // namespace yizhan::store::sqlite

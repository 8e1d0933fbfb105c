#include "store/sqlite/outbox_writer.h"

#include <string_view>
#include <tuple>
#include <utility>

namespace yizhan::store::sqlite {
namespace {

// In the order in which bind() binds them.
constexpr std::string_view kDeliveredColumns = "sequence, attempt_count, updated_at";
constexpr std::string_view kAttemptColumns =
    "sequence, attempt_no, response_status, duration_ms, created_at, error_class, error_message, response_body";
constexpr std::string_view kScheduledColumns =
    "sequence, endpoint_key, available_at, next_attempt_at, lease_expires_at, updated_at, attempt_count, "
    "attempts_made, run_start, held, status, lease_token, order_platform, order_key";

}  // namespace

Result<OutboxWriter> OutboxWriter::open(Connection& connection, Leases& leases) {
  auto keys = IdempotencyKeys::open(connection);
  if (!keys) return std::unexpected(keys.error());
  auto minutes = Minutes::open(connection, "outbox_minutes", "sequence");
  if (!minutes) return std::unexpected(minutes.error());
  OutboxWriter writer(connection, leases, std::move(*keys), std::move(*minutes));
  if (auto done = writer.prepare(); !done) return std::unexpected(done.error());
  return writer;
}

Result<void> OutboxWriter::prepare() {
  const std::pair<Statement*, std::string_view> statements[] = {
      {&read_counters_,
       "SELECT attempt_count, attempts_made, run_start, order_key IS NOT NULL FROM outbox_schedule "
       "WHERE sequence = ?1 AND lease_token = ?2"},
      {&close_scheduled_, "DELETE FROM outbox_schedule WHERE sequence = ?1 AND lease_token = ?2"},
      {&insert_abandoned_,
       "INSERT INTO outbox_abandoned (sequence, status, attempt_count, last_error, updated_at) "
       "VALUES (?1, 'dead_letter', ?2, ?3, ?4)"},
      {&insert_dead_letter_,
       "INSERT INTO cs_platform_event_dead_letters (event_id, platform, event_type, callback_target, attempt_count, "
       "final_error, created_at, error_class) "
       "SELECT id, platform, event_type, callback_target, ?2, ?3, ?4, ?5 FROM outbox_events WHERE sequence = ?1 "
       "ON CONFLICT DO UPDATE SET attempt_count = excluded.attempt_count, final_error = excluded.final_error, "
       "created_at = excluded.created_at, error_class = excluded.error_class"},
      {&retry_,
       "UPDATE outbox_schedule SET status = 'retrying', attempt_count = ?3, attempts_made = ?4, next_attempt_at = ?5, "
       "available_at = ?5, last_error = ?6, updated_at = ?7, lease_token = NULL, lease_expires_at = NULL "
       "WHERE sequence = ?1 AND lease_token = ?2"},
      {&settle_order_,
       "INSERT INTO outbox_settle_order (platform, order_key) SELECT platform, order_key FROM outbox_events "
       "WHERE sequence = ?1"},

      {&savepoint_, "SAVEPOINT accept_call"},
      {&release_savepoint_, "RELEASE accept_call"},
      {&roll_back_savepoint_, "ROLLBACK TO accept_call"},
      {&insert_event_,
       "INSERT INTO outbox_events (id, platform, event_type, callback_target, payload, correlation, order_key, "
       "traceparent, idempotency_key, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
      {&order_has_open_, "SELECT 1 FROM outbox_schedule WHERE order_platform = ?1 AND order_key = ?2 LIMIT 1"},
      {&read_duplicate_,
       "SELECT e.id, e.event_type = ?2 AND e.callback_target = ?3 AND e.payload = ?4 AND e.correlation = ?5 "
       "AND e.order_key = ?6, coalesce(s.status, a.status, 'delivered') FROM outbox_events e "
       "LEFT JOIN outbox_schedule s ON s.sequence = e.sequence LEFT JOIN outbox_abandoned a ON a.sequence = e.sequence "
       "WHERE e.sequence = ?1"},

      {&give_back_,
       "UPDATE outbox_schedule SET lease_token = NULL, lease_expires_at = NULL, endpoint_key = coalesce(?3, "
       "endpoint_key), "
       "next_attempt_at = coalesce(?4, next_attempt_at), available_at = coalesce(?4, next_attempt_at), "
       "last_error = coalesce(?5, last_error), updated_at = ?6 WHERE sequence = ?1 AND lease_token = ?2"},
      {&find_due_,
       "SELECT s.sequence, s.available_at, s.status, s.attempt_count, s.attempts_made, s.run_start, s.next_attempt_at, "
       "e.id, e.platform, e.event_type, e.callback_target, e.payload, e.correlation, e.order_key, e.traceparent, "
       "e.created_at, e.previous_secret FROM outbox_schedule s INDEXED BY outbox_due CROSS JOIN outbox_events e ON "
       "e.sequence = "
       "s.sequence "
       "WHERE s.endpoint_key = ?1 AND s.lease_token IS NULL AND s.held = 0 AND s.available_at <= ?2 "
       "ORDER BY s.available_at, s.sequence LIMIT ?3"},
      {&find_leases_ended_,
       "SELECT s.sequence, s.available_at, s.status, s.attempt_count, s.attempts_made, s.run_start, s.next_attempt_at, "
       "e.id, e.platform, e.event_type, e.callback_target, e.payload, e.correlation, e.order_key, e.traceparent, "
       "e.created_at, e.previous_secret FROM outbox_schedule s INDEXED BY outbox_leased CROSS JOIN outbox_events e ON "
       "e.sequence = "
       "s.sequence "
       "WHERE s.endpoint_key = ?1 AND s.lease_token IS NOT NULL AND s.available_at <= ?2 "
       "ORDER BY s.available_at, s.sequence"},
      {&take_lease_,
       "UPDATE outbox_schedule SET lease_token = ?2, lease_expires_at = ?3, available_at = ?3 WHERE sequence = ?1"},
      {&next_due_,
       "SELECT available_at FROM outbox_schedule INDEXED BY outbox_due WHERE endpoint_key = ?1 AND lease_token IS NULL "
       "AND held = 0 ORDER BY available_at LIMIT 1"},
      {&next_lease_end_,
       "SELECT available_at FROM outbox_schedule INDEXED BY outbox_leased WHERE endpoint_key = ?1 "
       "AND lease_token IS NOT NULL AND lease_token <> ?2 ORDER BY available_at LIMIT 1"},
      {&endpoint_disabled_, "SELECT 1 FROM outbox_endpoints WHERE endpoint_key = ?1"},
      {&set_lease_end_,
       "UPDATE outbox_schedule SET lease_expires_at = ?2, available_at = ?2 WHERE sequence = ?1 AND lease_token IS NOT "
       "NULL"},
      {&end_lease_,
       "UPDATE outbox_schedule SET lease_expires_at = ?2, available_at = ?2 WHERE sequence = ?1 AND lease_expires_at > "
       "?2"},
      {&find_foreign_leases_,
       "SELECT sequence, order_key IS NOT NULL FROM outbox_schedule INDEXED BY outbox_leased WHERE lease_token IS NOT "
       "NULL"},
      {&free_lease_,
       "UPDATE outbox_schedule SET lease_token = NULL, lease_expires_at = NULL, available_at = next_attempt_at "
       "WHERE sequence = ?1"},

      {&event_exists_, "SELECT 1 FROM outbox_events WHERE id = ?1"},
      {&attempt_exists_,
       "SELECT 1 FROM outbox_attempts WHERE sequence = ?1 AND created_at = ?2 AND NOT EXISTS "
       "(SELECT 1 FROM outbox_schedule WHERE sequence = ?1 AND lease_token = ?3)"},
      {&lease_stands_, "SELECT 1 FROM outbox_schedule WHERE sequence = ?1 AND lease_token = ?2"},
  };
  for (const auto& [statement, sql] : statements) {
    auto prepared = connection_->prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  const std::tuple<RowInserts*, std::string_view, std::string_view> inserts[] = {
      {&insert_delivered_, "outbox_delivered", kDeliveredColumns},
      {&insert_attempts_, "outbox_attempts", kAttemptColumns},
      {&insert_scheduled_, "outbox_schedule", kScheduledColumns},
  };
  for (const auto& [insert, table, columns] : inserts) {
    auto prepared = RowInserts::open(*connection_, table, columns);
    if (!prepared) return std::unexpected(prepared.error());
    *insert = std::move(*prepared);
  }
  return {};
}

void OutboxWriter::roll_back() {
  minutes_.roll_back();
  delivered_rows_.clear();
  attempt_rows_.clear();
  scheduled_rows_.clear();
}

Result<void> OutboxWriter::settle_order(std::int64_t sequence) {
  settle_order_.bind(1, sequence);
  if (const int code = settle_order_.run(); code != SQLITE_DONE) {
    return std::unexpected(error(code, "settle the order of a key"));
  }
  return {};
}

Result<std::optional<bool>> OutboxWriter::find_trace(const WriteBatch& batch, const WriteReply& reply) {
  const auto answer = [&](Statement& statement) -> Result<std::optional<bool>> {
    const ResetGuard guard(statement);
    const int code = statement.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(error(code, "find out what a commit did"));
    return code == SQLITE_ROW;
  };
  for (const auto& accepted : reply.accepts) {
    if (!accepted) continue;
    for (const Accepted& event : *accepted) {
      if (event.duplicate) continue;
      event_exists_.bind(1, std::string_view(event.id));
      return answer(event_exists_);
    }
  }
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    if (reply.records[i] != RecordReply::kRecorded) continue;
    attempt_exists_.bind(1, batch.records[i].sequence);
    attempt_exists_.bind(2, batch.records[i].outcome.started_at);
    attempt_exists_.bind(3, std::string_view(batch.records[i].lease_token));
    return answer(attempt_exists_);
  }
  for (const auto& claimed : reply.claims) {
    if (claimed.events.empty()) continue;
    lease_stands_.bind(1, claimed.events.front().sequence);
    lease_stands_.bind(2, std::string_view(claimed.events.front().lease_token));
    return answer(lease_stands_);
  }
  return std::nullopt;  // releases alone: they are given back again
}

}  // namespace yizhan::store::sqlite

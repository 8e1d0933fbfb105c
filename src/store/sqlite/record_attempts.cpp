// OutboxWriter: results of attempts, and events that are given back.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/clock.h"
#include "store/sqlite/outbox_writer.h"

namespace yizhan::store::sqlite {

Result<std::optional<HeldLease>> OutboxWriter::counters_of(const AttemptRecord& record) {
  if (const HeldLease* held = leases_->find(record.sequence)) return *held;
  read_counters_.bind(1, record.sequence);
  read_counters_.bind(2, std::string_view(record.lease_token));
  const ResetGuard guard(read_counters_);
  const int code = read_counters_.step();
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) return std::unexpected(error(code, "read an event's counters"));
  return HeldLease{.attempt_count = static_cast<int>(read_counters_.integer(0)),
                   .attempts_made = static_cast<int>(read_counters_.integer(1)),
                   .run_start = static_cast<int>(read_counters_.integer(2)),
                   .ordered = read_counters_.integer(3) != 0};
}

Result<RecordReply> OutboxWriter::record(const AttemptRecord& record) {
  const auto counters = counters_of(record);
  if (!counters) return std::unexpected(counters.error());
  if (!*counters) return RecordReply::kLeaseLost;
  const HeldLease& held = **counters;
  const int attempt_count = held.attempt_count + 1;
  const int attempt_no = held.attempts_made + 1;

  // The token decides, in the statement itself; the counters belong to it as long as it stands.
  Statement& change = record.next_status == EventStatus::kRetrying ? retry_ : close_scheduled_;
  change.bind(1, record.sequence);
  change.bind(2, std::string_view(record.lease_token));
  switch (record.next_status) {
    case EventStatus::kRetrying:
      change.bind(3, std::int64_t{attempt_count});
      change.bind(4, std::int64_t{attempt_no});
      change.bind(5, record.next_attempt_at);
      change.bind_or_null(6, record.outcome.error_message);
      change.bind(7, record.recorded_at);
      break;
    case EventStatus::kDelivered:
    case EventStatus::kDeadLetter:
      break;
    default:
      return fail("value_refused", fmt::format("an attempt cannot leave an event {}", to_string(record.next_status)));
  }
  if (const int code = change.run(); code != SQLITE_DONE) return std::unexpected(error(code, "record an attempt"));
  if (connection_->changes() == 0) return RecordReply::kLeaseLost;

  if (record.next_status == EventStatus::kDelivered) {
    delivered_rows_.push_back(
        {.sequence = record.sequence, .attempt_count = attempt_count, .updated_at = record.recorded_at});
  } else if (record.next_status == EventStatus::kDeadLetter) {
    insert_abandoned_.bind(1, record.sequence);
    insert_abandoned_.bind(2, std::int64_t{attempt_count});
    insert_abandoned_.bind_or_null(3, record.outcome.error_message);
    insert_abandoned_.bind(4, record.recorded_at);
    if (const int code = insert_abandoned_.run(); code != SQLITE_DONE) {
      return std::unexpected(error(code, "record a dead letter"));
    }
    const std::string buried_at = to_store_text(record.recorded_at);
    insert_dead_letter_.bind(1, record.sequence);
    insert_dead_letter_.bind(2, std::int64_t{attempt_count});
    insert_dead_letter_.bind_or_null(3, record.outcome.error_message);
    insert_dead_letter_.bind(4, std::string_view(buried_at));
    insert_dead_letter_.bind_or_null(5, to_string(record.outcome.error_class));
    if (const int code = insert_dead_letter_.run(); code != SQLITE_DONE) {
      return std::unexpected(error(code, "record a dead letter"));
    }
  }
  attempt_rows_.push_back({.record = &record, .attempt_no = attempt_no});
  if (held.ordered) {
    if (auto done = settle_order(record.sequence); !done) return std::unexpected(done.error());
  }
  leases_->end(record.sequence);
  return RecordReply::kRecorded;
}

Result<void> OutboxWriter::write_results() {
  // In the order of their keys: neighbours meet on a page.
  std::ranges::sort(delivered_rows_, {}, &DeliveredRow::sequence);
  std::ranges::sort(attempt_rows_, {}, [](const AttemptRow& row) { return row.record->sequence; });
  const auto bind_row = [](Statement& statement, int first, const auto& row) { bind(statement, first, row); };
  if (const int code = insert_delivered_.insert(std::span(std::as_const(delivered_rows_)), bind_row);
      code != SQLITE_DONE) {
    return std::unexpected(error(code, "record deliveries"));
  }
  if (const int code = insert_attempts_.insert(std::span(std::as_const(attempt_rows_)), bind_row);
      code != SQLITE_DONE) {
    return std::unexpected(error(code, "record attempts"));
  }
  delivered_rows_.clear();
  attempt_rows_.clear();
  return {};
}

void OutboxWriter::bind(Statement& statement, int first, const DeliveredRow& row) {
  statement.bind(first, row.sequence);
  statement.bind(first + 1, std::int64_t{row.attempt_count});
  statement.bind(first + 2, row.updated_at);
}

void OutboxWriter::bind(Statement& statement, int first, const AttemptRow& row) {
  const AttemptOutcome& outcome = row.record->outcome;
  const std::string_view body = std::string_view(outcome.response_head).substr(0, kStoredResponseBytes);
  int next = first;
  statement.bind(next++, row.record->sequence);
  statement.bind(next++, std::int64_t{row.attempt_no});
  outcome.response_status == 0 ? statement.bind_null(next)
                               : statement.bind(next, std::int64_t{outcome.response_status});
  ++next;
  statement.bind(next++, std::chrono::floor<Milliseconds>(outcome.duration).count());
  statement.bind(next++, outcome.started_at);
  statement.bind_or_null(next++, to_string(outcome.error_class));
  statement.bind_or_null(next++, outcome.error_message);
  body.empty() ? statement.bind_null(next) : statement.bind_blob(next, body);
}

Result<void> OutboxWriter::release(const Release& release, const Moment& moment) {
  give_back_.bind(1, release.sequence);
  give_back_.bind(2, std::string_view(release.lease_token));
  release.endpoint_key ? give_back_.bind(3, *release.endpoint_key) : give_back_.bind_null(3);
  release.not_before ? give_back_.bind(4, *release.not_before) : give_back_.bind_null(4);
  release.last_error ? give_back_.bind(5, std::string_view(*release.last_error)) : give_back_.bind_null(5);
  give_back_.bind(6, moment.wall);
  if (const int code = give_back_.run(); code != SQLITE_DONE) return std::unexpected(error(code, "give an event back"));
  if (connection_->changes() == 0) return {};
  leases_->end(release.sequence);
  return settle_order(release.sequence);
}

}  // namespace yizhan::store::sqlite

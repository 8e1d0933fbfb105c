// ExpressTables: claiming and recording what has to be told.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "store/express_tables.h"
#include "store/notification_rows.h"

namespace yizhan::store {
namespace {

using Type = SessionColumn::Type;

/// When what is due is in others' hands just now, and nobody will tell when they let go of it.
constexpr Milliseconds kOthersHold{500};

/// How far into the queue the ends of leases are looked for. Rows in hand stand in front.
constexpr std::int64_t kFront = 1000;

// Leases are judged by PostgreSQL's clock. On SQLite by the one process's wall clock; when that was set back, a lease
// that seems to run for longer than any does has ended ($3).
// LATERAL keeps PostgreSQL to one probe of an index for each row, even where it made its plan while a table was empty.
constexpr std::string_view kFindRow =
    "SELECT q.id, q.attempt_count, q.tracking_event_id, t.tracking_no, t.status_code, t.received_code, t.event_time, "
    "t.event_text, t.location, t.carrier_code, w.id, w.order_id, o.id, CAST(o.user_id AS text), "
    "CAST(o.merchant_id AS text) FROM notify_queue AS q "
    "LEFT JOIN {postgres|LATERAL (SELECT * FROM platform_express_tracking_events WHERE id = q.tracking_event_id "
    "LIMIT 1) AS t ON true}{sqlite|platform_express_tracking_events AS t ON t.id = q.tracking_event_id} "
    "LEFT JOIN {postgres|LATERAL (SELECT * FROM platform_express_waybills WHERE tracking_no = t.tracking_no LIMIT 1) "
    "AS w ON true}{sqlite|platform_express_waybills AS w ON w.tracking_no = t.tracking_no} "
    "LEFT JOIN {postgres|LATERAL (SELECT * FROM ml_orders WHERE CAST(id AS text) = w.order_id LIMIT 1) AS o ON true}"
    "{sqlite|ml_orders AS o ON CAST(o.id AS text) = w.order_id} "
    "WHERE q.process_status IS NULL AND q.next_attempt_at <= $1 AND (q.lease_token IS NULL "
    "{postgres|OR q.lease_expires_at <= statement_timestamp()}"
    "{sqlite|OR q.lease_expires_at <= $1 OR q.lease_expires_at > $3}) "
    "ORDER BY q.next_attempt_at, q.id LIMIT $2 {postgres|FOR UPDATE OF q SKIP LOCKED}";

constexpr std::string_view kLease =
    "UPDATE notify_queue SET lease_token = each.token, "
    "lease_expires_at = {postgres|statement_timestamp() + each.lease_ms * interval '1 millisecond'}"
    "{sqlite|each.lease_end} FROM {each} WHERE notify_queue.id = each.id "
    "{postgres|AND notify_queue.id = ANY ($1)}";

constexpr std::string_view kNextDue =
    "SELECT next_attempt_at FROM notify_queue WHERE process_status IS NULL AND lease_token IS NULL "
    "ORDER BY next_attempt_at, id LIMIT 1";

constexpr std::string_view kNextLeaseEnd =
    "SELECT min(lease_expires_at) FROM (SELECT lease_token, lease_expires_at FROM notify_queue "
    "WHERE process_status IS NULL ORDER BY next_attempt_at, id LIMIT $2) AS front "
    "WHERE lease_token IS NOT NULL AND lease_token <> $1";

NotifyTask read_task(const SqlRow& row, std::string_view lease_token) {
  NotifyTask task;
  task.id = text_of(row, 0);
  task.lease_token = lease_token;
  task.attempt_count = static_cast<int>(row.integer(1));
  task.tracking_event_id = text_of(row, 2);
  task.step.tracking_no = text_of(row, 3);
  task.step.status_code = text_of(row, 4);
  task.step.received_code = text_of(row, 5);
  task.step.event_time = row.time(6);
  task.step.event_text = text_of(row, 7);
  task.step.location = text_of(row, 8);
  task.step.carrier_code = text_of(row, 9);
  task.waybill_found = !row.null(10);
  task.order_id = text_of(row, 11);
  task.order_found = !row.null(12);
  task.user_id = text_of(row, 13);
  task.merchant_id = text_of(row, 14);
  return task;
}

/// What cannot be stored of its notifications ends a row as failed: it would fail again, and with it whatever is
/// recorded beside it.
std::optional<Error> refusal(const NotifyResult& result) {
  for (const NewNotification& notification : result.notifications) {
    if (auto refused = refusal(notification)) return refused;
  }
  return std::nullopt;
}

}  // namespace

Result<NotifyClaim> ExpressTables::claim_notify(int limit, std::string_view lease_token, Milliseconds lease,
                                                UtcTime now) {
  static constexpr std::array<SessionColumn, 4> kLeased{
      {{"id"}, {"token"}, {"lease_ms", Type::kInteger}, {"lease_end", Type::kTime}}};
  NotifyClaim claim;
  const std::string token(lease_token);
  const auto done = transact("claim_notify.before_commit", [&](Session& session) -> Result<void> {
    claim = NotifyClaim();
    session.send(kFindRow, {now, std::int64_t{limit}, now + lease},
                 [&](const SqlRow& row) { claim.tasks.push_back(read_task(row, token)); });
    if (auto finished = session.finish(); !finished) return finished;
    std::vector<std::vector<SessionValue>> leased;
    for (const NotifyTask& task : claim.tasks) {
      leased.push_back({task.id, token, std::int64_t{lease.count()}, now + lease});
    }
    session.send_each(kLease, kLeased, leased);
    std::optional<UtcTime> due;
    std::optional<UtcTime> lease_end;
    session.send(kNextDue, {}, [&](const SqlRow& row) { due = row.time(0); });
    session.send(kNextLeaseEnd, {token, kFront}, [&](const SqlRow& row) { lease_end = optional_time(row, 0); });
    if (auto finished = session.finish(); !finished) return finished;
    claim.next_available_at = due && lease_end ? std::min(due, lease_end) : (due ? due : lease_end);
    const bool idle = claim.tasks.empty() && limit > 0;
    if (idle && claim.next_available_at && *claim.next_available_at <= now) {
      claim.next_available_at = now + kOthersHold;
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return claim;
}

Result<int> ExpressTables::record_notify(const std::vector<NotifyResult>& results, UtcTime now) {
  static constexpr std::array<SessionColumn, 7> kEndings{{{"id"},
                                                          {"token"},
                                                          {"status"},
                                                          {"last_error"},
                                                          {"processed_at", Type::kTime},
                                                          {"retry_at", Type::kTime},
                                                          {"put_off", Type::kInteger}}};
  int recorded_count = 0;
  const auto done = transact("record_notify.before_commit", [&](Session& session) -> Result<void> {
    std::vector<std::vector<SessionValue>> rows;
    std::set<std::string> refused;
    for (const NotifyResult& result : results) {
      const auto unfit = refusal(result);
      if (unfit) refused.insert(result.id);
      const NotifyStatus status = unfit ? NotifyStatus::kFailed : result.status;
      const std::string last_error = unfit ? fmt::format("{}: {}", unfit->code, unfit->message) : result.last_error;
      const bool put_off = status == NotifyStatus::kPutOff;
      rows.push_back(
          {result.id, result.lease_token, put_off ? SessionValue() : SessionValue(std::string(to_string(status))),
           last_error.empty() ? SessionValue() : SessionValue(last_error), put_off ? SessionValue() : SessionValue(now),
           put_off ? SessionValue(result.retry_at) : SessionValue(), std::int64_t{put_off}});
    }
    std::set<std::string> recorded;
    session.send_each(
        "UPDATE notify_queue SET process_status = each.status, last_error = each.last_error, "
        "processed_at = each.processed_at, lease_token = NULL, lease_expires_at = NULL, "
        "attempt_count = attempt_count + {postgres|each.put_off::integer}{sqlite|each.put_off}, "
        "next_attempt_at = coalesce(each.retry_at, next_attempt_at) FROM {each} "
        "WHERE notify_queue.id = each.id {postgres|AND notify_queue.id = ANY ($1)} "
        "AND notify_queue.lease_token = each.token "
        "AND notify_queue.process_status IS NULL RETURNING notify_queue.id",
        kEndings, rows, [&](const SqlRow& row) { recorded.insert(text_of(row, 0)); });
    if (auto finished = session.finish(); !finished) return finished;

    std::vector<std::pair<std::string, NewNotification>> notifications;
    for (const NotifyResult& result : results) {
      if (!recorded.contains(result.id) || refused.contains(result.id)) continue;
      for (const NewNotification& each : result.notifications) notifications.emplace_back(ids_.make(now), each);
    }
    send_notifications(session, std::move(notifications), now);
    recorded_count = static_cast<int>(recorded.size());
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return recorded_count;
}

}  // namespace yizhan::store

// Retention of the ways of notifications. Their rows have no order but their time; indexes hold what is finished, so
// that a batch begins with the oldest of it.
#include <array>
#include <utility>

#include "store/retention_parts.h"

namespace yizhan::store {
namespace {

std::string_view candidates_text(RetentionKind kind) {
  switch (kind) {
    case RetentionKind::kNotifyQueue:
      return "SELECT id FROM notify_queue WHERE process_status IS NOT NULL AND created_at < $1 "
             "ORDER BY created_at LIMIT $2";
    case RetentionKind::kNotifications:
      return "SELECT id FROM express_notifications WHERE next_attempt_at IS NULL "
             "AND send_status IN ('success', 'failed', 'no-targets') AND created_at < $1 ORDER BY created_at LIMIT $2";
    default:
      break;
  }
  // A carrier tells a parcel's whole history again and again: a step that was forgotten would be news. What it caused
  // may be waiting as well.
  return "SELECT t.id FROM platform_express_tracking_events AS t WHERE t.created_at < $1 "
         "AND NOT EXISTS (SELECT 1 FROM platform_express_waybills AS w "
         "WHERE w.tracking_no = t.tracking_no AND w.updated_at >= $1) "
         "AND NOT EXISTS (SELECT 1 FROM notify_queue AS q WHERE q.tracking_event_id = t.id) "
         "ORDER BY t.created_at LIMIT $2";
}

std::string_view delete_text(RetentionKind kind) {
  switch (kind) {
    case RetentionKind::kNotifyQueue:
      return "DELETE FROM notify_queue WHERE process_status IS NOT NULL AND id {postgres|= ANY ($1)}{sqlite|= $1}";
    case RetentionKind::kNotifications:
      return "DELETE FROM express_notifications WHERE next_attempt_at IS NULL "
             "AND send_status IN ('success', 'failed', 'no-targets') AND id {postgres|= ANY ($1)}{sqlite|= $1}";
    default:
      return "DELETE FROM platform_express_tracking_events WHERE id {postgres|= ANY ($1)}{sqlite|= $1}";
  }
}

}  // namespace

Result<RetentionReply> retire_notifications(Session& session, const RetentionWork& work) {
  static constexpr std::array<SessionColumn, 1> kId{{{"id"}}};
  const RetentionBatch& batch = work.batch;
  // To count without taking away, all are looked at.
  constexpr std::int64_t kAll = INT64_MAX;
  std::vector<std::vector<SessionValue>> ids;
  session.send(std::string(candidates_text(batch.kind)), {batch.limit, work.removes ? std::int64_t{batch.rows} : kAll},
               [&](const SqlRow& row) { ids.push_back({text_of(row, 0)}); });
  if (auto done = session.finish(); !done) return std::unexpected(std::move(done.error()));
  RetentionReply reply;
  reply.looked_at = reply.removed = static_cast<std::int64_t>(ids.size());
  reply.ended = !work.removes || ids.size() < static_cast<std::size_t>(batch.rows);
  if (!work.removes || ids.empty()) return reply;

  if (batch.kind == RetentionKind::kNotifications) {
    session.send_each("DELETE FROM push_deliveries WHERE notification_id {postgres|= ANY ($1)}{sqlite|= $1}", kId, ids);
  }
  session.send_each(delete_text(batch.kind), kId, ids);
  if (auto done = session.finish(); !done) return std::unexpected(std::move(done.error()));
  reply.removed = session.changed();
  return reply;
}

}  // namespace yizhan::store

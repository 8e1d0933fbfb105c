#include "store/notify_observations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "store/session.h"
#include "store/store.h"

namespace yizhan::store {
namespace {

/// notify_queue_unfulfilled has exactly these.
constexpr std::string_view kEndedRows =
    "SELECT process_status, last_error, processed_at, id FROM notify_queue "
    "WHERE process_status IN ('failed', 'skipped') AND processed_at >= $1 ORDER BY processed_at DESC LIMIT $2";
constexpr std::string_view kWaiting =
    "SELECT CAST(NULL AS text), last_error, next_attempt_at, id FROM notify_queue WHERE process_status IS NULL "
    "ORDER BY next_attempt_at, id LIMIT $1";

// What is asked for row by row stands in the list of columns, as in observations.cpp.
constexpr std::string_view kNotifications =
    "SELECT aud, recipient_id, message_id, order_id, "
    "CASE WHEN send_status = 'no-targets' OR (send_status IS NULL AND waits_until IS NOT NULL) THEN 1 ELSE 0 END, "
    "CASE WHEN coalesce(title, '') = '' AND coalesce(body, '') = '' AND coalesce(content, '') = '' "
    "AND coalesce(event_text_safe, '') = '' THEN 1 ELSE 0 END, "
    "(SELECT CASE WHEN o.user_id IS NOT NULL AND coalesce(CAST(o.merchant_id AS text), '') = '' THEN 1 ELSE 0 END "
    "FROM ml_orders AS o WHERE CAST(o.id AS text) = n.order_id LIMIT 1) "
    "FROM (SELECT * FROM express_notifications ORDER BY id DESC LIMIT $2) AS n WHERE n.created_at >= $1";
constexpr std::string_view kSteps =
    "SELECT tracking_no FROM (SELECT * FROM platform_express_tracking_events ORDER BY id DESC LIMIT $2) AS t "
    "WHERE t.created_at >= $1 AND coalesce(t.event_text, '') = ''";

/// By status and code.
using Causes = std::map<std::pair<std::string, std::string>, NotifyCause>;

void count_row(Causes& causes, const SqlRow& row) {
  const std::string error = text_of(row, 1);
  std::string code = error.substr(0, error.find(':'));
  NotifyCause& cause = causes[{text_of(row, 0), code}];
  if (cause.count++ > 0 && row.time(2) <= cause.newest_at) return;
  cause.status = text_of(row, 0);
  cause.code = std::move(code);
  cause.newest_at = row.time(2);
  cause.example_id = text_of(row, 3);
  cause.example_error = error;
}

void notice(Noticed& noticed, std::string example) {
  if (noticed.count++ == 0) noticed.example = std::move(example);
}

}  // namespace

Result<NotifyQueueState> notify_queue_state(Store& store, UtcTime since) {
  NotifyQueueState state;
  Causes causes;
  const auto done = store.look([&](Session& session) -> Result<void> {
    state = NotifyQueueState();
    causes.clear();
    session.send(kEndedRows, {since, std::int64_t{kSampledNotifyRows}},
                 [&](const SqlRow& row) { count_row(causes, row); });
    session.send(kWaiting, {std::int64_t{kSampledNotifyRows}}, [&](const SqlRow& row) {
      if (!row.null(1)) {
        count_row(causes, row);
      } else if (!state.oldest_due_at) {
        state.oldest_due_at = row.time(2);
      }
    });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  for (auto& [key, cause] : causes) state.causes.push_back(std::move(cause));
  std::ranges::sort(state.causes, [](const NotifyCause& one, const NotifyCause& other) {
    return std::pair(-one.count, one.code) < std::pair(-other.count, other.code);
  });
  return state;
}

Result<NotificationGaps> notification_gaps(Store& store, UtcTime since) {
  NotificationGaps state;
  const auto done = store.look([&](Session& session) -> Result<void> {
    state = NotificationGaps();
    session.send(kNotifications, {since, std::int64_t{kSampledNotifications}}, [&](const SqlRow& row) {
      if (row.integer(4) != 0) notice(state.without_device, fmt::format("{} {}", row.bytes(0), row.bytes(1)));
      if (row.integer(5) != 0) notice(state.without_text, text_of(row, 2));
      if (row.integer(6) != 0) notice(state.without_merchant, text_of(row, 3));
    });
    session.send(kSteps, {since, std::int64_t{kSampledNotifications}},
                 [&](const SqlRow& row) { notice(state.steps_without_text, text_of(row, 0)); });
    return session.finish();
  });
  if (!done) return std::unexpected(done.error());
  return state;
}

}  // namespace yizhan::store

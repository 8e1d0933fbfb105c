// What the rows say about telling people, as an operator's SQL left them.
#include "store/notify_observations.h"

#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class NotifyObservations : public Contract {
 protected:
  NotifyQueueState queue(UtcTime since = UtcTime{}) { return value_of(notify_queue_state(node_.store(), since)); }
  NotificationGaps notifications(UtcTime since = UtcTime{}) {
    return value_of(notification_gaps(node_.store(), since));
  }
};

TEST_P(NotifyObservations, OfAnEmptyStore) {
  EXPECT_THAT(queue().causes, IsEmpty());
  EXPECT_FALSE(queue().oldest_due_at);
  EXPECT_EQ(notifications().without_device.count, 0);
}

TEST_P(NotifyObservations, WhyRowsOfTheQueueCameToNothing) {
  node_.sql(
      "INSERT INTO notify_queue (id, tracking_event_id, process_status, processed_at, last_error) VALUES "
      "('a', 'e', 'failed', '2026-01-05 08:00:00', 'order_hidden_by_rls: SUPA_URL answered 200 []'),"
      "('b', 'e', 'failed', '2026-01-05 09:00:00', 'order_hidden_by_rls: the newest'),"
      "('c', 'e', 'skipped', '2026-01-05 08:30:00', 'order_not_found: no order 7'),"
      "('d', 'e', 'queued', '2026-01-05 08:30:00', NULL)");
  node_.sql(
      "INSERT INTO notify_queue (id, tracking_event_id, next_attempt_at, last_error, attempt_count) VALUES "
      "('e', 'e', '2026-01-05 08:40:00', 'schema_cache_unavailable: PGRST002', 2),"
      "('f', 'e', '2026-01-05 08:50:00', NULL, 0), ('g', 'e', '2026-01-05 08:45:00', NULL, 0)");
  const NotifyQueueState state = queue();
  ASSERT_THAT(state.causes, SizeIs(3));
  EXPECT_EQ(state.causes[0].code, "order_hidden_by_rls");
  EXPECT_EQ(state.causes[0].status, "failed");
  EXPECT_EQ(state.causes[0].count, 2);
  EXPECT_EQ(state.causes[0].example_id, "b");
  EXPECT_EQ(state.causes[0].example_error, "order_hidden_by_rls: the newest");
  EXPECT_EQ(state.causes[0].newest_at, parse_time("2026-01-05T09:00:00Z"));
  EXPECT_EQ(state.causes[1].code, "order_not_found");
  EXPECT_EQ(state.causes[1].status, "skipped");
  EXPECT_EQ(state.causes[2].code, "schema_cache_unavailable");
  EXPECT_EQ(state.causes[2].status, "") << "it is tried again";
  EXPECT_EQ(state.oldest_due_at, parse_time("2026-01-05T08:45:00Z"));

  EXPECT_THAT(queue(*parse_time("2026-01-05T08:31:00Z")).causes, SizeIs(2)) << "what was skipped before is left out";
}

TEST_P(NotifyObservations, WhatNotificationsLack) {
  node_.sql("INSERT INTO ml_orders (id, user_id, merchant_id) VALUES ('7', 'u-1', NULL), ('8', 'u-1', 'm-1')");
  node_.sql(
      "INSERT INTO express_notifications (id, message_id, aud, recipient_id, title, order_id, send_status, waits_until,"
      " created_at) VALUES "
      "('a', 'm-a', 'user', 'u-1', 'Shipped', '8', 'success', NULL, '2026-01-05 08:00:00'),"
      "('b', 'm-b', 'user', 'u-1', 'Shipped', '7', 'success', NULL, '2026-01-05 08:00:00'),"
      "('c', 'm-c', 'merchant', 'm-1', 'Shipped', '8', 'no-targets', NULL, '2026-01-05 08:00:00'),"
      "('d', 'm-d', 'user', 'u-2', 'Shipped', '8', NULL, '2026-01-06 08:00:00', '2026-01-05 09:00:00'),"
      "('e', 'm-e', 'user', 'u-3', '', '9', 'success', NULL, '2026-01-05 08:00:00')");
  node_.sql(
      "INSERT INTO platform_express_tracking_events (tracking_no, event_key, status_code, event_time, event_text) "
      "VALUES ('SF1', 'k1', 'SHIPPED', '2026-01-05 08:00:00', NULL), ('SF2', 'k2', 'SHIPPED', '2026-01-05 08:00:00', "
      "'on its way')");
  const NotificationGaps state = notifications();
  EXPECT_EQ(state.without_device.count, 2);
  EXPECT_EQ(state.without_device.example, "user u-2") << "the last one by id";
  EXPECT_EQ(state.without_text.count, 1);
  EXPECT_EQ(state.without_text.example, "m-e");
  EXPECT_EQ(state.without_merchant.count, 1);
  EXPECT_EQ(state.without_merchant.example, "7");
  EXPECT_EQ(state.steps_without_text.count, 1);
  EXPECT_EQ(state.steps_without_text.example, "SF1");

  EXPECT_EQ(notifications(*parse_time("2026-01-05T08:30:00Z")).without_device.count, 1);
  EXPECT_EQ(notifications(*parse_time("2026-01-05T08:30:00Z")).without_merchant.count, 0);
}

YIZHAN_ON_EVERY_ENGINE(NotifyObservations);

}  // namespace
}  // namespace yizhan::store::contract

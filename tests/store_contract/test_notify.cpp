// Parcels, the queue of what somebody has to be told, and the notifications that come of it.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

#include "push_calls.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// ---- parcels
// ---------------------------------------------------------------------------------------------------------

class Waybills : public PushContract {
 protected:
  static Waybill waybill(std::string tracking_no) {
    Waybill made;
    made.tracking_no = std::move(tracking_no);
    return made;
  }
};

TEST_P(Waybills, AreAddedAndThenFilledIn) {
  Waybill first = waybill("SF1");
  first.carrier_code = "shunfeng";
  const auto added = value_of(
      node_.store().put_waybill(first, ExpressOrder{.id = "order-1", .user_id = "u1", .merchant_id = "m1"}, node_.now));
  EXPECT_EQ(added.waybill.order_id, "order-1");
  EXPECT_EQ(added.waybill.carrier_code, "shunfeng");
  EXPECT_EQ(added.waybill.created_at, node_.now);
  EXPECT_EQ(added.order.value().user_id, "u1");

  node_.now += Seconds{1};
  const auto changed = value_of(node_.store().put_waybill(
      waybill("SF1"), ExpressOrder{.id = "order-1", .user_id = "", .merchant_id = "m2"}, node_.now));
  EXPECT_EQ(changed.waybill.id, added.waybill.id);
  EXPECT_EQ(changed.waybill.carrier_code, "shunfeng") << "an empty field leaves what is known";
  EXPECT_EQ(changed.order.value().user_id, "u1");
  EXPECT_EQ(changed.order.value().merchant_id, "m2");
  EXPECT_EQ(changed.waybill.updated_at, node_.now);
}

TEST_P(Waybills, AreFoundWithTheirStepsOldestFirst) {
  value_of(node_.store().put_waybill(waybill("SF1"), std::nullopt, node_.now));
  for (const char* time : {"2026-01-02 08:00:00", "2026-01-01 08:00:00"}) {
    runbook(
        fmt::format("INSERT INTO platform_express_tracking_events (tracking_no, event_key, status_code, event_time) "
                    "VALUES ('SF1', '{0}', 'in_transit', '{0}')",
                    time));
  }
  const auto found = value_of(node_.store().find_waybill("SF1"));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->order);
  ASSERT_THAT(found->events, SizeIs(2));
  EXPECT_EQ(found->events[0].step.event_time, *parse_time("2026-01-01T08:00:00Z"));
  EXPECT_EQ(found->events[0].step.status_code, "in_transit");
  EXPECT_EQ(value_of(node_.store().find_waybill("SF2")), std::nullopt);
}

TEST_P(Waybills, ThatCannotBeStoredAreRefused) {
  const auto refused = [&](const Waybill& made, const std::optional<ExpressOrder>& order) {
    const auto reply = node_.store().put_waybill(made, order, node_.now);
    return std::string(code_of(reply));
  };
  EXPECT_EQ(refused(waybill(""), {}), "value_refused");
  EXPECT_EQ(refused(waybill(std::string(65, 'S')), {}), "value_refused");
  EXPECT_EQ(refused(waybill("SF\xff"), {}), "value_refused");
  Waybill of_another = waybill("SF1");
  of_another.order_id = "order-2";
  EXPECT_EQ(refused(of_another, ExpressOrder{.id = "order-1", .user_id = {}, .merchant_id = {}}), "value_refused");
  EXPECT_EQ(value_of(node_.store().find_waybill("SF1")), std::nullopt);
}

YIZHAN_ON_EVERY_ENGINE(Waybills);

TEST(PostgresWaybills, TakeOrdersOfAnApplicationsOwnTypes) {
  const Place place(Engine::kPostgres);
  Node node(place.url());
  node.sql("DROP TABLE ml_orders");
  node.sql(
      "CREATE TABLE ml_orders (id uuid PRIMARY KEY, user_id uuid, merchant_id uuid, created_at timestamptz DEFAULT "
      "now(), updated_at timestamp)");
  Waybill made;
  made.tracking_no = "SF1";
  const ExpressOrder order{.id = "0b8e2f60-7c1c-4d9f-9a52-1d1f2ac5d001",
                           .user_id = "0b8e2f60-7c1c-4d9f-9a52-1d1f2ac5d002",
                           .merchant_id = ""};
  EXPECT_EQ(value_of(node.store().put_waybill(made, order, node.now)).order.value().user_id, order.user_id);
  EXPECT_EQ(value_of(node.store().put_waybill(made, order, node.now)).order.value().merchant_id, "");
  const auto no_uuid =
      node.store().put_waybill(made, ExpressOrder{.id = "7", .user_id = {}, .merchant_id = {}}, node.now);
  EXPECT_EQ(code_of(no_uuid), "value_refused");
}

// ---- the queue
// -------------------------------------------------------------------------------------------------------

class NotifyQueue : public PushContract {
 protected:
  /// A step of a parcel, and its row in the queue, due now. Answers the queue's row.
  std::string enqueue(std::string_view tracking_no = "SF1") {
    const std::string id = fmt::format("00000000-0000-4000-8000-{:012}", ++rows_);
    const std::string now = to_store_text(node_.now);
    runbook(
        fmt::format("INSERT INTO platform_express_tracking_events (id, tracking_no, event_key, status_code, "
                    "received_code, event_time, event_text, location) VALUES ('e{0}', '{1}', '{0}', 'delivering', "
                    "'5', '{2}', '派送中', '上海')",
                    id, tracking_no, now));
    runbook(fmt::format(
        "INSERT INTO notify_queue (id, tracking_event_id, next_attempt_at) VALUES ('{0}', 'e{0}', '{1}')", id, now));
    return id;
  }
  void put_waybill() {
    Waybill made;
    made.tracking_no = "SF1";
    value_of(
        node_.store().put_waybill(made, ExpressOrder{.id = "o1", .user_id = "u1", .merchant_id = "m1"}, node_.now));
  }
  NotifyClaim claim(int limit = 100, Milliseconds lease = kLongLease) {
    return value_of(node_.store().claim_notify(limit, fmt::format("token-{}", ++tokens_), lease, node_.now));
  }
  NotifyTask claim_one(Milliseconds lease = kLongLease) {
    auto claimed = claim(100, lease);
    if (claimed.tasks.size() != 1) throw std::runtime_error(fmt::format("{} tasks", claimed.tasks.size()));
    return claimed.tasks.front();
  }
  static NotifyResult result(const NotifyTask& task, NotifyStatus status, std::string last_error = {}) {
    return {.id = task.id,
            .lease_token = task.lease_token,
            .status = status,
            .last_error = std::move(last_error),
            .notifications = {}};
  }
  int record(const NotifyResult& result) { return value_of(node_.store().record_notify({result}, node_.now)); }
  /// process_status and last_error of a row.
  std::string row(const std::string& id) {
    const auto found = runbook(fmt::format(
        "SELECT coalesce(process_status, 'waiting'), coalesce(last_error, ''), attempt_count FROM public.notify_queue "
        "WHERE id = '{}'",
        id));
    return fmt::format("{} {:?} {}", *found.rows.at(0).at(0), *found.rows.at(0).at(1), *found.rows.at(0).at(2));
  }

  int rows_ = 0;
  int tokens_ = 0;
};

TEST_P(NotifyQueue, BringsAlongWhatIsKnown) {
  put_waybill();
  const std::string id = enqueue();
  const NotifyTask task = claim_one();
  EXPECT_EQ(task.id, id);
  EXPECT_EQ(task.tracking_event_id, "e" + id);
  EXPECT_EQ(task.attempt_count, 0);
  EXPECT_EQ(task.step.tracking_no, "SF1");
  EXPECT_EQ(task.step.status_code, "delivering");
  EXPECT_EQ(task.step.received_code, "5");
  EXPECT_EQ(task.step.event_text, "派送中");
  EXPECT_EQ(task.step.location, "上海");
  EXPECT_EQ(task.step.event_time, node_.now);
  EXPECT_TRUE(task.waybill_found);
  EXPECT_TRUE(task.order_found);
  EXPECT_EQ(task.order_id, "o1");
  EXPECT_EQ(task.user_id, "u1");
  EXPECT_EQ(task.merchant_id, "m1");
}

TEST_P(NotifyQueue, SaysWhatIsNotKnown) {
  enqueue("SF9");
  const NotifyTask task = claim_one();
  EXPECT_FALSE(task.waybill_found);
  EXPECT_FALSE(task.order_found);
}

TEST_P(NotifyQueue, TakesTheOldestFirstAndNothingTwice) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(enqueue());
    node_.now += Seconds{1};
  }
  auto claimed = claim(2);
  ASSERT_THAT(claimed.tasks, SizeIs(2));
  EXPECT_EQ(claimed.tasks[0].id, ids[0]);
  EXPECT_EQ(claimed.tasks[1].id, ids[1]);
  EXPECT_EQ(claimed.next_available_at, node_.now - Seconds{1}) << "the third is due";
  claimed = claim(2);
  EXPECT_THAT(claimed.tasks, SizeIs(1));
  EXPECT_THAT(claim().tasks, IsEmpty());
}

TEST_P(NotifyQueue, TakesARowAgainWhenItsLeaseHasEndedOrWasCleared) {
  const std::string id = enqueue();
  const NotifyTask first = claim_one(kEndedLease);
  const NotifyTask second = claim_one();
  EXPECT_EQ(record(result(first, NotifyStatus::kQueued)), 0) << "the lease is another's now";
  EXPECT_THAT(claim().tasks, IsEmpty());
  runbook("UPDATE public.notify_queue SET lease_token = NULL WHERE id = '" + id + "'");
  const NotifyTask third = claim_one();
  EXPECT_EQ(record(result(second, NotifyStatus::kQueued)), 0);
  EXPECT_EQ(record(result(third, NotifyStatus::kQueued)), 1);
  EXPECT_EQ(row(id), "queued \"\" 0");
}

TEST_P(NotifyQueue, EndsInOneOfThreeWays) {
  const std::string queued = enqueue();
  EXPECT_EQ(record(result(claim_one(), NotifyStatus::kQueued)), 1);
  const std::string skipped = enqueue();
  EXPECT_EQ(record(result(claim_one(), NotifyStatus::kSkipped, "order_missing: no order")), 1);
  const std::string failed = enqueue();
  EXPECT_EQ(record(result(claim_one(), NotifyStatus::kFailed, "jwt_refused: renew the key")), 1);
  EXPECT_EQ(row(queued), "queued \"\" 0");
  EXPECT_EQ(row(skipped), "skipped \"order_missing: no order\" 0");
  EXPECT_EQ(row(failed), "failed \"jwt_refused: renew the key\" 0");
  const auto claimed = claim();
  EXPECT_THAT(claimed.tasks, IsEmpty());
  EXPECT_EQ(claimed.next_available_at, std::nullopt) << "none waits";
}

TEST_P(NotifyQueue, PutsOff) {
  const std::string id = enqueue();
  NotifyResult later = result(claim_one(), NotifyStatus::kPutOff, "service_away: HTTP 503");
  later.retry_at = node_.now + Seconds{5};
  EXPECT_EQ(record(later), 1);
  EXPECT_EQ(row(id), "waiting \"service_away: HTTP 503\" 1");
  const auto nothing = claim();
  EXPECT_THAT(nothing.tasks, IsEmpty());
  EXPECT_EQ(nothing.next_available_at, later.retry_at);
  node_.now = later.retry_at;
  EXPECT_EQ(claim_one().attempt_count, 1);
}

TEST_P(NotifyQueue, TellsWhenALeaseOfAnotherEnds) {
  enqueue();
  const auto first = claim(100, Seconds{90});
  EXPECT_EQ(first.next_available_at, std::nullopt) << "one's own are not waited for";
  const auto second = claim();
  ASSERT_TRUE(second.next_available_at);
  EXPECT_GT(*second.next_available_at, node_.now);
}

TEST_P(NotifyQueue, WritesTheNotificationsOfWhatItRecords) {
  enqueue();
  NotifyResult done = result(claim_one(), NotifyStatus::kQueued);
  done.notifications = {notification("e1:user"), notification("e1:merchant", Audience::kMerchant, "m1")};
  EXPECT_EQ(record(done), 1);
  const NotificationView view = desk_.view("e1:user");
  EXPECT_EQ(view.notification.title, "派送中");
  EXPECT_EQ(view.notification.recipient_id, "user-1");
  EXPECT_EQ(view.send_status, "");
  EXPECT_EQ(desk_.view("e1:merchant").notification.audience, Audience::kMerchant);
  EXPECT_EQ(desk_.fan_out().notifications, 2) << "due at once";
  EXPECT_EQ(record(done), 0);
}

TEST_P(NotifyQueue, WritesNoNotificationsWithoutTheLease) {
  enqueue();
  NotifyResult late = result(claim_one(kEndedLease), NotifyStatus::kQueued);
  claim_one();
  late.notifications = {notification("e1:user")};
  EXPECT_EQ(record(late), 0);
  EXPECT_THAT(value_of(node_.store().list_notifications({}, {})).rows, IsEmpty());
}

TEST_P(NotifyQueue, RunAgainByTheRunbookDoublesNothing) {  // seed 001, 8.1
  node_.now = utc_now();
  desk_.register_device("c1", "user-1");
  const std::string id = enqueue();
  NotifyResult done = result(claim_one(), NotifyStatus::kQueued);
  done.notifications = {notification("e1:user")};
  record(done);
  desk_.fan_out();
  desk_.deliver_all();
  EXPECT_EQ(desk_.sum("e1:user"), "success 1/1/0");

  runbook(
      fmt::format("UPDATE public.notify_queue\nSET processed_at = NULL,\n    process_status = NULL,\n"
                  "    last_error = NULL\nWHERE id = '{}';",
                  id));
  node_.now = utc_now() + Seconds{1};
  NotifyResult again = result(claim_one(), NotifyStatus::kQueued);
  again.notifications = {notification("e1:user")};
  again.notifications[0].title = "another";
  EXPECT_EQ(record(again), 1);
  EXPECT_EQ(desk_.fan_out().deliveries, 0);
  EXPECT_EQ(desk_.sum("e1:user"), "success 1/1/0");
  EXPECT_EQ(desk_.view("e1:user").notification.title, "派送中") << "nothing of what was sent is changed";
  const auto repeated = runbook(
      "SELECT message_id, COUNT(*)\nFROM public.express_notifications\nWHERE message_id IS NOT NULL\n"
      "GROUP BY message_id\nHAVING COUNT(*) > 1;");  // 8.2
  EXPECT_THAT(repeated.rows, IsEmpty());
}

TEST_P(NotifyQueue, EndsAsFailedWhatCannotBeStoredAndRecordsTheRest) {
  const std::string bad = enqueue();
  NotifyResult refused = result(claim_one(), NotifyStatus::kQueued);
  refused.notifications = {notification("e1:user"), notification("e1:merchant", Audience::kMerchant, "\xff")};
  const std::string good = enqueue();
  NotifyResult done = result(claim_one(), NotifyStatus::kQueued);
  done.notifications = {notification("e2:user")};
  EXPECT_EQ(value_of(node_.store().record_notify({refused, done}, node_.now)), 2);
  EXPECT_THAT(row(bad), HasSubstr("failed \"value_refused: recipient_id"));
  EXPECT_EQ(row(good), "queued \"\" 0");
  EXPECT_THAT(value_of(node_.store().list_notifications({}, {})).rows, SizeIs(1));
}

YIZHAN_ON_EVERY_ENGINE(NotifyQueue);

TEST(SqliteNotifyQueue, LeasesOfAProcessThatIsGoneEndWithIt) {
  const Place place(Engine::kSqlite);
  Node node(place.url());
  node.sql("INSERT INTO notify_queue (id, tracking_event_id, next_attempt_at) VALUES ('q1', 'e1', '2026-01-01')");
  EXPECT_THAT(value_of(node.store().claim_notify(10, "first", kLongLease, node.now)).tasks, SizeIs(1));
  node.reopen();
  EXPECT_THAT(value_of(node.store().claim_notify(10, "second", kLongLease, node.now)).tasks, IsEmpty());
  value_of(node.store().recover_leases(node.now));
  EXPECT_THAT(value_of(node.store().claim_notify(10, "third", kLongLease, node.now)).tasks, SizeIs(1));
}

TEST(SqliteNotifyQueue, LeasesDoNotOutliveAClockThatIsSetBack) {
  const Place place(Engine::kSqlite);
  Node node(place.url());
  node.sql("INSERT INTO notify_queue (id, tracking_event_id, next_attempt_at) VALUES ('q1', 'e1', '2026-01-01')");
  EXPECT_THAT(value_of(node.store().claim_notify(10, "first", Seconds{60}, node.now + Seconds{7200})).tasks, SizeIs(1));
  EXPECT_THAT(value_of(node.store().claim_notify(10, "second", Seconds{60}, node.now)).tasks, SizeIs(1));
}

TEST(PostgresNotifyQueue, SharesTheRowsAmongTheNodes) {
  const Place place(Engine::kPostgres);
  Node node(place.url());
  node.sql(
      "INSERT INTO notify_queue (tracking_event_id, next_attempt_at) SELECT n::text, '2026-01-01' FROM "
      "generate_series(1, 300) AS n");
  std::mutex mutex;
  std::multiset<std::string> taken;
  std::vector<std::thread> nodes;
  for (int i = 0; i < 3; ++i) {
    nodes.emplace_back([&, i] {
      Node own(place.url());
      while (true) {
        const auto claimed =
            value_of(own.store().claim_notify(7, fmt::format("token-{}", i), kLongLease, own.now)).tasks;
        const std::lock_guard lock(mutex);
        for (const NotifyTask& task : claimed) taken.insert(task.id);
        if (taken.size() >= 300) return;
      }
    });
  }
  for (std::thread& each : nodes) each.join();
  EXPECT_EQ(taken.size(), 300U);
  EXPECT_EQ(std::set<std::string>(taken.begin(), taken.end()).size(), 300U);
}

// ---- notifications
// ---------------------------------------------------------------------------------------------------

class Notifications : public PushContract {};

TEST_P(Notifications, AreToldApartByTheirMessageId) {
  const auto first = value_of(node_.store().add_notification(notification("m1"), node_.now));
  EXPECT_FALSE(first.existed);
  NewNotification changed = notification("m1");
  changed.title = "已签收";
  changed.event_time = node_.now;
  changed.payload = R"({"a":1})";
  const auto again = value_of(node_.store().add_notification(changed, node_.now));
  EXPECT_TRUE(again.existed);
  EXPECT_EQ(again.view.id, first.view.id);
  EXPECT_EQ(again.view.notification.title, "已签收") << "not yet fanned out";
  EXPECT_EQ(again.view.notification.event_time, node_.now);
  EXPECT_EQ(again.view.notification.payload, R"({"a":1})");

  desk_.register_device("c1", "user-1");
  desk_.fan_out();
  EXPECT_EQ(value_of(node_.store().add_notification(notification("m1"), node_.now)).view.notification.title, "已签收");
  EXPECT_EQ(desk_.fan_out().notifications, 0);
}

TEST_P(Notifications, ForSomebodyElseNeedNotWaitOn) {
  desk_.add(notification("m1"));
  desk_.fan_out();
  desk_.register_device("c2", "user-2");
  desk_.add(notification("m1", Audience::kUser, "user-2"));
  EXPECT_EQ(desk_.fan_out().deliveries, 1);
  EXPECT_EQ(desk_.outcome("m1", "c2"), "outstanding");
}

TEST_P(Notifications, AreAddedTogetherOrNotAtAll) {
  const auto added = value_of(
      node_.store().add_notifications({notification("m1"), notification("m2"), notification("m1")}, node_.now));
  ASSERT_THAT(added, SizeIs(3));
  EXPECT_FALSE(added[0].existed);
  EXPECT_FALSE(added[1].existed);
  EXPECT_TRUE(added[2].existed);
  EXPECT_EQ(added[2].view.id, added[0].view.id);
  const auto refused = node_.store().add_notifications({notification("m3"), notification("")}, node_.now);
  EXPECT_EQ(code_of(refused), "value_refused");
  EXPECT_THAT(value_of(node_.store().list_notifications({}, {})).rows, SizeIs(2));
}

TEST_P(Notifications, AreFoundByWhatTheyAreAbout) {
  desk_.add(notification("m1"));
  desk_.add(notification("m2", Audience::kMerchant, "merchant-1"));
  NewNotification other = notification("m3");
  other.tracking_no = "SF2";
  desk_.add(other);
  desk_.register_device("c1", "user-1");
  desk_.fan_out();
  const auto found = [&](const NotificationSelection& selection, const Page& page = {}) {
    std::vector<std::string> message_ids;
    for (const auto& view : value_of(node_.store().list_notifications(selection, page)).rows) {
      message_ids.push_back(view.notification.message_id);
    }
    return message_ids;
  };
  EXPECT_THAT(found({}), ElementsAre("m3", "m2", "m1"));
  EXPECT_THAT(found({}, {.oldest_first = true}), ElementsAre("m1", "m2", "m3"));
  EXPECT_THAT(found({.audience = Audience::kMerchant}), ElementsAre("m2"));
  EXPECT_THAT(found({.recipient_id = "user-1"}), ElementsAre("m3", "m1"));
  EXPECT_THAT(found({.tracking_no = "SF1"}), ElementsAre("m2", "m1"));
  EXPECT_THAT(found({.send_status = "waiting"}), ElementsAre("m2"));
  EXPECT_THAT(found({.send_status = "processing"}), ElementsAre("m3", "m1"));
  EXPECT_THAT(found({.id = desk_.view("m1").id}), ElementsAre("m1"));
  EXPECT_THAT(found({}, {.limit = 2, .after = 2}), ElementsAre("m1"));
}

TEST_P(Notifications, ListTheirDeliveriesInPages) {
  for (const char* cid : {"c3", "c1", "c2"}) desk_.register_device(cid, "user-1");
  desk_.add(notification("m1"));
  desk_.fan_out();
  const std::string id = desk_.view("m1").id;
  const auto first = value_of(node_.store().deliveries(id, "", 2));
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(first[0].cid, "c1");
  const auto rest = value_of(node_.store().deliveries(id, first[1].appid + "\n" + first[1].cid, 2));
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].cid, "c3");
}

YIZHAN_ON_EVERY_ENGINE(Notifications);

}  // namespace
}  // namespace yizhan::store::contract

// What is finished goes, nothing else does, and the ledger says the same before, between and after.
#include <gtest/gtest.h>

// After gtest.h, which it needs and does not include.
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "actor.h"
#include "contract_test.h"
#include "inbound_calls.h"
#include "push_calls.h"
#include "retention_calls.h"

namespace yizhan::store::contract {
namespace {

using std::chrono::days;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

bool same_line(const LedgerLine& one, const LedgerLine& other) {
  return std::tie(one.platform, one.minute, one.accepted, one.pending, one.retrying, one.delivered, one.dead_letter,
                  one.discarded) == std::tie(other.platform, other.minute, other.accepted, other.pending,
                                             other.retrying, other.delivered, other.dead_letter, other.discarded);
}

bool same_ledger(const Ledger& one, const Ledger& other) {
  return std::ranges::equal(one.lines, other.lines, same_line);
}

class Retaining : public Contract {
 protected:
  std::string delivered(NewEvent event) {
    const std::string id = node_.accept(std::move(event)).id;
    node_.deliver(node_.claim_one());
    return id;
  }
  std::string delivered() { return delivered(node_.event()); }
  std::string dead() {
    const std::string id = node_.accept(node_.event()).id;
    node_.bury(node_.claim_one());
    return id;
  }
  std::string discarded() {
    Selection selection;
    selection.ids = {node_.accept(node_.event()).id};
    node_.now += Seconds{1};
    value_of(node_.store().discard(selection, 1, "not wanted", node_.now));
    return selection.ids.front();
  }
  bool is_there(const std::string& id) { return value_of(node_.store().find_event(id, false)).has_value(); }
  Ledger lines(bool by_minute = true, std::optional<UtcTime> from = {}, std::optional<UtcTime> until = {}) {
    return value_of(node_.store().ledger({from, until}, by_minute));
  }
  std::int64_t remove(RetentionKind kind, std::chrono::days age, const KeepLeaving& keep = {}) {
    return remove_all(node_, kind, node_.now - age, keep);
  }
};

/// For processes that follow each other.
class RetainingTwice : public testing::TestWithParam<Engine> {
 protected:
  Place place_{GetParam()};
};

TEST_P(Retaining, TakesWhatEndedLongAgoAndTheLedgerCountsItOn) {
  const std::string old = delivered();
  const std::string old_dead = dead();
  const std::string old_discarded = discarded();
  node_.now += days{20};
  const std::string young = delivered();
  const Ledger before = lines();
  EXPECT_EQ(remove(RetentionKind::kDelivered, days{10}), 1);
  EXPECT_FALSE(is_there(old));
  EXPECT_TRUE(is_there(old_dead));
  EXPECT_TRUE(is_there(young));
  EXPECT_THAT(value_of(node_.store().attempts({}, 10)), SizeIs(2));
  EXPECT_TRUE(same_ledger(lines(), before));

  EXPECT_EQ(remove(RetentionKind::kDiscarded, days{10}), 1);
  EXPECT_FALSE(is_there(old_discarded));
  EXPECT_TRUE(is_there(old_dead));
  EXPECT_EQ(remove(RetentionKind::kDeadLetters, days{10}), 1);
  EXPECT_FALSE(is_there(old_dead));
  EXPECT_THAT(value_of(node_.store().list_dead_letters({}, {})).rows, IsEmpty());
  EXPECT_TRUE(same_ledger(lines(), before));
  EXPECT_EQ(node_.ledger().accepted, 4);
  EXPECT_EQ(node_.ledger().dead_letter, 1);
  EXPECT_EQ(remove(RetentionKind::kDelivered, days{10}), 0);
}

TEST_P(Retaining, TheLedgerOfARangeCountsWhatWasDeletedByItsMinute) {
  const UtcTime first = node_.now;
  delivered();
  node_.now += Seconds{60};
  delivered();
  delivered();
  node_.now += days{20};
  delivered();
  const Ledger of_second = lines(false, first + Seconds{60}, first + Seconds{120});
  EXPECT_EQ(of_second.total().delivered, 2);
  EXPECT_EQ(remove(RetentionKind::kDelivered, days{10}), 3);
  EXPECT_TRUE(same_ledger(lines(false, first + Seconds{60}, first + Seconds{120}), of_second));
  EXPECT_EQ(lines(false, {}, first + Seconds{60}).total().delivered, 1);
  EXPECT_EQ(lines(false, first + Seconds{120}, {}).total().delivered, 1);
}

TEST_P(Retaining, NeverTakesWhatIsOpenOrHasToShowOrIsCompared) {
  const std::string retrying = node_.accept(node_.event()).id;
  node_.retry(node_.claim_one(), days{100});
  const std::string leased = node_.accept(node_.event()).id;
  node_.claim_one();
  const std::string in_two_states = delivered();
  node_.sql(
      "INSERT INTO outbox_abandoned (sequence, status, attempt_count, updated_at) SELECT sequence, 'discarded', "
      "attempt_count, updated_at FROM outbox_delivered");
  node_.now += days{30};
  const std::string keyed = delivered(node_.keyed_event("key-1", "one"));
  node_.now += days{6};
  const std::string newest = delivered();
  node_.now += days{1};
  for (std::size_t kind = 0; kind < kRetentionKinds; ++kind) remove(static_cast<RetentionKind>(kind), days{0});
  for (const std::string& id : {retrying, leased, in_two_states, keyed, newest}) EXPECT_TRUE(is_there(id));
  EXPECT_FALSE(lines(false).balanced());  // what was doubled still shows
  EXPECT_EQ(node_.view(keyed, true).event.payload, "one");
  const auto again = node_.try_accept({node_.keyed_event("key-1", "one")});
  ASSERT_EQ(code_of(again), "ok");
  EXPECT_TRUE(again->at(0).duplicate);
  node_.now += days{2};
  EXPECT_EQ(remove(RetentionKind::kDelivered, days{0}), 1);
  EXPECT_FALSE(is_there(keyed));
}

TEST_P(Retaining, WithoutItsBodyAnEventIsShownAndNotSentAgain) {
  NewEvent event = node_.event();
  event.event.payload = "twelve bytes";
  const std::string id = delivered(std::move(event));
  delivered();
  node_.now += days{10};
  EXPECT_EQ(remove(RetentionKind::kEventBodies, days{5}), 1);
  EXPECT_EQ(remove(RetentionKind::kEventBodies, days{5}), 0);
  const EventView view = node_.view(id, true);
  EXPECT_EQ(view.event.payload, "");
  EXPECT_EQ(view.removed_bytes, 12);
  EXPECT_EQ(view.status, EventStatus::kDelivered);
  EXPECT_THAT(value_of(node_.store().attempts(id, 5)), ElementsAre(Field(&AttemptView::response_body, "")));

  Selection selection;
  selection.ids = {id};
  EXPECT_EQ(value_of(node_.store().replay(selection, 10, node_.now)), 0);
  EXPECT_EQ(
      code_of(node_.store().sql("UPDATE cs_platform_event_outbox SET status = 'pending' WHERE id = '" + id + "'")),
      "value_refused");
  EXPECT_EQ(node_.status(id), EventStatus::kDelivered);
  EXPECT_EQ(remove(RetentionKind::kDelivered, days{5}), 1);
  EXPECT_EQ(node_.ledger().delivered, 2);
}

TEST_P(Retaining, AttemptsCanGoSooner) {
  const std::string id = delivered();
  delivered();
  node_.now += days{10};
  EXPECT_EQ(remove(RetentionKind::kAttempts, days{5}), 1);
  EXPECT_THAT(value_of(node_.store().attempts(id, 5)), IsEmpty());
  EXPECT_TRUE(is_there(id));
}

TEST_P(Retaining, KeepsElsewhereWhatLeavesAndOtherwiseTakesNothing) {
  NewEvent event = node_.event();
  event.event.payload = "kept";
  const std::string id = delivered(std::move(event));
  delivered();
  node_.now += days{10};
  const KeepLeaving full = [](const LeavingRows&) { return fail("archive_failed", "the disk is full"); };
  RetentionBatch batch{.kind = RetentionKind::kDelivered, .limit = node_.now, .now = node_.now};
  ASSERT_TRUE(value_of(begin_pass(node_.store(), "me", true, node_.now, node_.now)));
  EXPECT_EQ(code_of(remove_batch(node_.store(), batch, "me", full)), "archive_failed");
  EXPECT_TRUE(is_there(id));

  std::vector<WholeEvent> kept;
  EXPECT_EQ(remove(RetentionKind::kDelivered, days{5},
                   [&](const LeavingRows& leaving) -> Result<void> {
                     kept = leaving.events;
                     return {};
                   }),
            1);
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_EQ(kept.at(0).view.event.id, id);
  EXPECT_EQ(kept.at(0).view.event.payload, "kept");
  EXPECT_EQ(kept.at(0).view.status, EventStatus::kDelivered);
  EXPECT_THAT(kept.at(0).attempts, SizeIs(1));
}

TEST_P(Retaining, OneNodeAtATime) {
  Store& store = node_.store();
  EXPECT_FALSE(value_of(begin_pass(store, "one", false, node_.now + Seconds{600}, node_.now)));
  EXPECT_FALSE(value_of(begin_pass(store, "one", false, node_.now, node_.now + Seconds{599})));
  node_.now += Seconds{600};
  EXPECT_TRUE(value_of(begin_pass(store, "one", false, node_.now, node_.now)));
  EXPECT_FALSE(value_of(begin_pass(store, "two", true, node_.now, node_.now)));
  const RetentionBatch batch{.kind = RetentionKind::kDelivered, .limit = node_.now, .now = node_.now};
  EXPECT_EQ(code_of(remove_batch(store, batch, "two")), "retention_elsewhere");
  EXPECT_EQ(code_of(remove_batch(store, batch, "one")), "ok");
  value_of(end_pass(store, "one", 7, node_.now + Seconds{60}, 4096, node_.now));
  const RetentionState state = value_of(retention_state(store));
  EXPECT_EQ(state.holder, "");
  EXPECT_EQ(state.last_removed, 7);
  EXPECT_EQ(state.last_at, node_.now);
  EXPECT_EQ(state.next_at, node_.now + Seconds{60});
  EXPECT_EQ(state.sampled_bytes, 4096);
  EXPECT_FALSE(value_of(begin_pass(store, "two", false, node_.now, node_.now)));
  EXPECT_TRUE(value_of(begin_pass(store, "two", false, node_.now, node_.now + Seconds{60})));
}

TEST_P(Retaining, LooksWithoutTouching) {
  delivered();
  delivered();
  node_.now += days{10};
  delivered();
  const RetentionBatch batch{.kind = RetentionKind::kDelivered, .limit = node_.now - days{5}, .now = node_.now};
  const RetentionReply reply = value_of(look_at_batch(node_.store(), batch));
  EXPECT_EQ(reply.removed, 2);
  EXPECT_EQ(node_.count({}), 3);
}

TEST_P(Retaining, CallbacksGoWithTheirKeysAndNotWhileTheirEventIsOpen) {
  ReceiveCall with_event = callback(node_, "open", R"({"n":"open"})");
  with_event.events = {node_.event()};
  const Received open = receive(node_, with_event);
  const Received old = receive(node_, callback(node_, "old", R"({"n":"old"})"));
  const Received repeated = receive(node_, callback(node_, "old", R"({"n":"old"})"));
  EXPECT_EQ(repeated.verdict, Verdict::kDuplicate);
  node_.now += days{40};
  const Received newest = receive(node_, callback(node_, "new"));
  EXPECT_EQ(remove(RetentionKind::kCallbackBodies, days{10}), 1);
  EXPECT_EQ(callback_view(node_, old.callback_id).removed_bytes, 11);
  EXPECT_EQ(callback_view(node_, old.callback_id).callback.body, "");
  EXPECT_EQ(callback_view(node_, open.callback_id).callback.body, R"({"n":"open"})");

  std::vector<CallbackView> kept;
  EXPECT_EQ(remove(RetentionKind::kCallbacks, days{10},
                   [&](const LeavingRows& leaving) -> Result<void> {
                     kept.insert(kept.end(), leaving.callbacks.begin(), leaving.callbacks.end());
                     return {};
                   }),
            2);
  EXPECT_THAT(ids_of(kept), ElementsAre(old.callback_id, repeated.callback_id));
  EXPECT_THAT(kept.at(0).keys, Not(IsEmpty()));
  EXPECT_THAT(ids_of(list(node_)), ElementsAre(newest.callback_id, open.callback_id));
  EXPECT_EQ(node_.sql("SELECT count(*) FROM callback_keys WHERE callback_id = " + std::to_string(old.callback_id))
                .rows.at(0)
                .at(0),
            "0");
  node_.deliver(node_.claim_one());
  EXPECT_EQ(remove(RetentionKind::kCallbacks, days{10}), 1);
}

TEST_P(Retaining, NotificationsGoWhenTheyAreFinished) {
  PushDesk desk(node_);
  desk.register_device("phone", "user-1");
  desk.add(notification("finished"));
  desk.fan_out_all();
  desk.deliver_all();
  desk.add(notification("outstanding"));
  desk.fan_out_all();
  node_.now += days{100};
  EXPECT_EQ(remove(RetentionKind::kNotifications, days{90}), 1);
  EXPECT_EQ(node_.sql("SELECT message_id FROM express_notifications").rows.at(0).at(0), "outstanding");
  EXPECT_EQ(node_.sql("SELECT count(*) FROM push_deliveries").rows.at(0).at(0), "1");
  EXPECT_EQ(desk.outcome("outstanding", "phone"), "outstanding");

  node_.sql(
      "INSERT INTO notify_queue (tracking_event_id, process_status, created_at) VALUES ('t', 'queued', "
      "'2020-01-01 00:00:00'), ('u', NULL, '2020-01-01 00:00:00')");
  EXPECT_EQ(remove(RetentionKind::kNotifyQueue, days{90}), 1);
  EXPECT_EQ(node_.sql("SELECT tracking_event_id FROM notify_queue").rows.at(0).at(0), "u");

  node_.sql(
      "INSERT INTO platform_express_tracking_events (tracking_no, event_key, status_code, event_time, created_at) "
      "VALUES ('still', 'a', 'CREATED', '2020-01-01 00:00:00', '2020-01-01 00:00:00'), "
      "('moving', 'b', 'CREATED', '2020-01-01 00:00:00', '2020-01-01 00:00:00')");
  Waybill moving;
  moving.tracking_no = "moving";
  value_of(node_.store().put_waybill(moving, {}, node_.now));
  EXPECT_EQ(remove(RetentionKind::kTrackingEvents, days{90}), 1);
  EXPECT_EQ(node_.sql("SELECT tracking_no FROM platform_express_tracking_events").rows.at(0).at(0), "moving");
}

// Fault 5: the process dies between the batch and its commit.
TEST_P(RetainingTwice, ABatchThatDiesHasChangedNothing) {
  Ledger before;
  const auto ledger_of = [](Node& node) { return value_of(node.store().ledger({}, true)); };
  {
    Node node(place_.url());
    for (int i = 0; i < 5; ++i) {
      node.accept(node.event());
      node.deliver(node.claim_one());
    }
    before = ledger_of(node);
  }
  ASSERT_TRUE(killed_at("retention.before_commit", place_.url(), "retain"));
  {
    Node node(place_.url());
    EXPECT_EQ(node.count({}), 5);
    EXPECT_TRUE(same_ledger(ledger_of(node), before));
  }
  ASSERT_FALSE(killed_at("none", place_.url(), "retain"));
  Node node(place_.url());
  EXPECT_EQ(node.count({}), 1);
  EXPECT_TRUE(same_ledger(ledger_of(node), before));
}

TEST_P(Retaining, AnyDeedsLeaveTheLedgerAsItWas) {
  EXPECT_TRUE(rc::check("the ledger is the same before and after every batch", [this] {
    node_.sql("DELETE FROM cs_platform_event_outbox; DELETE FROM ledger_rollup");
    const auto numbers = *rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0U, 1000U));
    std::map<EventStatus, std::int64_t> expected;
    for (const unsigned number : numbers) {
      node_.now += Seconds{number % 97};
      NewEvent event = node_.event();
      event.event.platform = number % 2 == 0 ? "crm" : "shop";
      if (number % 11 == 0) event.idempotency_key = "key-" + event.event.id;
      const std::string id = node_.accept(std::move(event)).id;
      Selection one;
      one.ids = {id};
      switch (number / 7 % 6) {
        case 0:
          ++expected[EventStatus::kPending];
          node_.claim();
          break;
        case 1:
          ++expected[EventStatus::kDeadLetter];
          for (const ClaimedEvent& claimed : node_.claim()) node_.bury(claimed);
          break;
        case 2:
          ++expected[EventStatus::kDiscarded];
          node_.now += Seconds{1};
          value_of(node_.store().discard(one, 1, "x", node_.now));
          break;
        default:
          ++expected[EventStatus::kDelivered];
          for (const ClaimedEvent& claimed : node_.claim()) node_.deliver(claimed);
      }
      if (number % 5 != 0) continue;
      const Ledger before = lines();
      const auto kind = static_cast<RetentionKind>(number / 5 % kRetentionKinds);
      const RetentionBatch batch{.kind = kind,
                                 .limit = node_.now - Seconds{number % 301},
                                 .now = node_.now + days{number % 13},
                                 .after = 0,
                                 .rows = 1 + static_cast<int>(number % 7)};
      RC_ASSERT(value_of(begin_pass(node_.store(), "me", true, node_.now, node_.now)));
      value_of(remove_batch(node_.store(), batch, "me"));
      RC_ASSERT(same_ledger(lines(), before));
    }
    const LedgerLine total = lines(false).total();
    RC_ASSERT(total.mismatch() == 0);
    RC_ASSERT(total.delivered == expected[EventStatus::kDelivered]);
    RC_ASSERT(total.dead_letter == expected[EventStatus::kDeadLetter]);
    RC_ASSERT(total.discarded == expected[EventStatus::kDiscarded]);
    RC_ASSERT(total.pending == expected[EventStatus::kPending]);
  }));
}

TEST_P(Retaining, KnowsHowMuchRoomTheStoreTakes) {
  const StoreSpace empty = value_of(store_space(node_.store(), 1 << 30, node_.now));
  EXPECT_GT(empty.used_bytes, 0);
  EXPECT_EQ(empty.quota_bytes, 1 << 30);
  EXPECT_FALSE(empty.days_left);
  value_of(end_pass(node_.store(), "me", 0, node_.now, empty.used_bytes / 2, node_.now));
  const StoreSpace grown = value_of(store_space(node_.store(), empty.used_bytes * 2, node_.now + days{1}));
  ASSERT_TRUE(grown.days_left);
  EXPECT_NEAR(*grown.days_left, 2.0, 1.0);
  const StoreSpace unlimited = value_of(store_space(node_.store(), 0, node_.now));
  EXPECT_EQ(unlimited.quota_bytes > unlimited.used_bytes, GetParam() == Engine::kSqlite);
}

YIZHAN_ON_EVERY_ENGINE(Retaining);
YIZHAN_ON_EVERY_ENGINE(RetainingTwice);

}  // namespace
}  // namespace yizhan::store::contract

// Order keys: events of one platform and key go out one after the other, in the order in which they were accepted.
#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Ordering : public Contract {
 protected:
  std::string accept_ordered(std::string key) { return node_.accept(node_.ordered_event(std::move(key))).id; }
  std::string id_due() { return node_.claim_one(kEndedLease).event.id; }
};

TEST_P(Ordering, LetsOneOutAtATime) {
  const std::string first = accept_ordered("a");
  const std::string second = accept_ordered("a");
  const std::string third = accept_ordered("a");
  ClaimedEvent claimed = node_.claim_one();
  EXPECT_EQ(claimed.event.id, first);
  EXPECT_THAT(node_.claim(), IsEmpty());
  node_.deliver(claimed);
  claimed = node_.claim_one();
  EXPECT_EQ(claimed.event.id, second);
  node_.bury(claimed);
  EXPECT_EQ(id_due(), third);
}

TEST_P(Ordering, AHeadThatFailsHoldsItsKeyOnly) {
  const std::string head = accept_ordered("a");
  accept_ordered("a");
  const std::string other_key = accept_ordered("b");
  NewEvent other_platform = node_.ordered_event("a");
  other_platform.event.platform = "erp";
  node_.accept(other_platform);
  const std::string unordered = node_.accept(node_.event()).id;
  const auto claimed = node_.claim();
  EXPECT_THAT(ids_of(claimed), UnorderedElementsAre(head, other_key, other_platform.event.id, unordered));
  node_.retry(claimed.at(0), Seconds{10});
  EXPECT_THAT(node_.claim(), IsEmpty());
  node_.now += Seconds{10};
  EXPECT_EQ(id_due(), head);
}

TEST_P(Ordering, HoldsWithinOneCallAndOneBatch) {
  const auto call = node_.accept({node_.ordered_event("a"), node_.ordered_event("b"), node_.ordered_event("a")});
  WriteBatch batch;
  batch.now = node_.now;
  batch.accepts.push_back({{node_.ordered_event("b"), node_.ordered_event("c")}});
  batch.accepts.push_back({{node_.ordered_event("c")}});
  const WriteReply reply = node_.write(batch);
  EXPECT_THAT(ids_of(node_.claim()), ElementsAre(call.at(0).id, call.at(1).id, value_of(reply.accepts.at(0)).at(1).id));
}

TEST_P(Ordering, LeasesAtAcceptanceOnlyTheHead) {
  const auto with_lease = [&](NewEvent event) {
    event.lease_token = "mine";
    event.lease = kLongLease;
    return event;
  };
  const auto accepted = node_.accept({with_lease(node_.ordered_event("a")), with_lease(node_.event()),
                                      with_lease(node_.ordered_event("a")), with_lease(node_.ordered_event("b"))});
  EXPECT_TRUE(accepted.at(0).leased);
  EXPECT_TRUE(accepted.at(1).leased);
  EXPECT_FALSE(accepted.at(2).leased);
  EXPECT_TRUE(accepted.at(3).leased);
  EXPECT_FALSE(node_.accept(with_lease(node_.ordered_event("b"))).leased);
  ClaimedEvent head;
  head.sequence = accepted.at(0).sequence;
  head.event.id = accepted.at(0).id;
  head.event.order_key = "a";
  head.lease_token = "mine";
  node_.deliver(head);
  EXPECT_EQ(id_due(), accepted.at(2).id);
}

TEST_P(Ordering, ClosesAndAcceptsInOneBatch) {
  accept_ordered("a");
  const ClaimedEvent head = node_.claim_one();
  const NewEvent next = node_.ordered_event("a");
  WriteBatch batch;
  batch.now = node_.now;
  batch.records.push_back(node_.result(head, EventStatus::kDelivered));
  batch.accepts.push_back({{next}});
  batch.claims.push_back({kEndpoint, 10, "token", kLongLease});
  EXPECT_THAT(ids_of(node_.write(batch).claims.at(0).events), ElementsAre(next.event.id));
}

TEST_P(Ordering, LetsTheNextOutWithinTheBatchThatClosesTheHead) {
  accept_ordered("a");
  const std::string next = accept_ordered("a");
  WriteBatch batch;
  batch.now = node_.now;
  batch.records.push_back(node_.result(node_.claim_one(), EventStatus::kDelivered));
  batch.claims.push_back({kEndpoint, 10, "token", kLongLease});
  EXPECT_THAT(ids_of(node_.write(batch).claims.at(0).events), ElementsAre(next));
}

TEST_P(Ordering, LetsTheNextOutWhenTheHeadIsGivenUp) {
  const std::string first = accept_ordered("a");
  const std::string second = accept_ordered("a");
  const std::string third = accept_ordered("a");
  const std::string fourth = accept_ordered("a");
  Selection head;
  head.ids = {first};
  value_of(node_.store().discard(head, 10, "not needed", node_.now));
  EXPECT_EQ(id_due(), second);
  node_.sql("UPDATE cs_platform_event_outbox SET status = 'delivered' WHERE id = '" + second + "'");
  EXPECT_EQ(id_due(), third);
  node_.sql("DELETE FROM cs_platform_event_outbox WHERE id = '" + third + "'");
  EXPECT_EQ(id_due(), fourth);
}

TEST_P(Ordering, AnEventThatWaitsCanBeGivenUp) {
  const std::string first = accept_ordered("a");
  const std::string second = accept_ordered("a");
  const std::string third = accept_ordered("a");
  Selection waiting;
  waiting.ids = {second};
  value_of(node_.store().discard(waiting, 10, "not needed", node_.now));
  const ClaimedEvent head = node_.claim_one();
  EXPECT_EQ(head.event.id, first);
  node_.deliver(head);
  EXPECT_EQ(id_due(), third);
}

TEST_P(Ordering, AReplayedEventGoesOutBeforeTheYounger) {
  const std::string first = accept_ordered("a");
  const std::string second = accept_ordered("a");
  node_.bury(node_.claim_one());
  Selection dead;
  dead.statuses = {EventStatus::kDeadLetter};
  EXPECT_EQ(value_of(node_.store().replay(dead, 10, node_.now)), 1);
  EXPECT_THAT(node_.claim(), IsEmpty());
  const auto head = node_.claim(kUnrouted);
  ASSERT_THAT(ids_of(head), ElementsAre(first));
  node_.deliver(head.at(0));
  EXPECT_EQ(id_due(), second);
}

TEST_P(Ordering, EventsHandedOverBySqlWaitTheirTurn) {
  node_.now = utc_now() + Seconds{60};
  accept_ordered("a");
  node_.sql(
      "INSERT INTO cs_platform_event_outbox (id, platform, event_type, payload, order_key) "
      "VALUES ('by-hand', 'crm', 't', '{}', 'a')");
  EXPECT_THAT(node_.claim(kUnrouted), IsEmpty());
  node_.deliver(node_.claim_one());
  EXPECT_THAT(ids_of(node_.claim(kUnrouted)), ElementsAre("by-hand"));
}

YIZHAN_ON_EVERY_ENGINE(Ordering);

}  // namespace
}  // namespace yizhan::store::contract

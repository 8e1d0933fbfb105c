// Idempotency keys: the same event again is answered like the first time, another event under its key is refused.
#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

class Idempotency : public Contract {};

TEST_P(Idempotency, AnswersARepetitionWithTheFirstEvent) {  // fault 32
  const Accepted first = node_.accept(node_.keyed_event("k", "body"));
  const Accepted again = node_.accept(node_.keyed_event("k", "body"));
  EXPECT_FALSE(first.duplicate);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(again.status, EventStatus::kPending);
  EXPECT_EQ(node_.ledger().accepted, 1);
}

TEST_P(Idempotency, TellsWhereTheFirstEventIsNow) {
  node_.accept(node_.keyed_event("k", "body"));
  node_.retry(node_.claim_one(), Milliseconds{0});
  EXPECT_EQ(node_.accept(node_.keyed_event("k", "body")).status, EventStatus::kRetrying);
  node_.bury(node_.claim_one());
  EXPECT_EQ(node_.accept(node_.keyed_event("k", "body")).status, EventStatus::kDeadLetter);
  value_of(node_.store().replay({}, 10, node_.now));
  node_.deliver(node_.claim(kUnrouted).at(0));
  EXPECT_EQ(node_.accept(node_.keyed_event("k", "body")).status, EventStatus::kDelivered);
}

TEST_P(Idempotency, DoesNotLeaseARepetition) {
  node_.accept(node_.keyed_event("k", "body"));
  NewEvent again = node_.keyed_event("k", "body");
  again.lease_token = "mine";
  again.lease = kLongLease;
  EXPECT_FALSE(node_.accept(again).leased);
  EXPECT_EQ(node_.claim().size(), 1);
}

TEST_P(Idempotency, RefusesOtherContentUnderTheSameKey) {  // fault 32
  node_.accept(node_.keyed_event("k", "body"));
  const auto refused = [&](auto change) {
    NewEvent other = node_.keyed_event("k", "body");
    change(other);
    return code_of(node_.try_accept({other}));
  };
  EXPECT_EQ(refused([](NewEvent& event) { event.event.payload = "other"; }), "idempotency_conflict");
  EXPECT_EQ(refused([](NewEvent& event) { event.event.event_type = "other"; }), "idempotency_conflict");
  EXPECT_EQ(refused([](NewEvent& event) { event.event.callback_target = "/other"; }), "idempotency_conflict");
  EXPECT_EQ(refused([](NewEvent& event) { event.event.order_key = "other"; }), "idempotency_conflict");
  EXPECT_EQ(refused([](NewEvent& event) { event.event.correlation = "other"; }), "idempotency_conflict");
  // What a caller makes anew each time is no other content.
  EXPECT_EQ(refused([](NewEvent& event) { event.event.traceparent = "other"; }), "ok");
  EXPECT_EQ(refused([](NewEvent& event) { event.first_attempt_at += Seconds{5}; }), "ok");
  EXPECT_EQ(node_.ledger().accepted, 1);
}

TEST_P(Idempotency, ComparesRawBytes) {
  node_.accept(node_.keyed_event("k", std::string("a\0b", 3)));
  EXPECT_EQ(code_of(node_.try_accept({node_.keyed_event("k", std::string("a\0c", 3))})), "idempotency_conflict");
  EXPECT_TRUE(node_.accept(node_.keyed_event("k", std::string("a\0b", 3))).duplicate);
}

TEST_P(Idempotency, KeepsPlatformsApart) {
  node_.accept(node_.keyed_event("k", "body"));
  NewEvent elsewhere = node_.keyed_event("k", "other body");
  elsewhere.event.platform = "erp";
  EXPECT_FALSE(node_.accept(elsewhere).duplicate);
}

TEST_P(Idempotency, HoldsWithinOneCall) {
  const auto same = node_.accept({node_.keyed_event("k", "body"), node_.event(), node_.keyed_event("k", "body")});
  EXPECT_FALSE(same.at(0).duplicate);
  EXPECT_FALSE(same.at(1).duplicate);
  EXPECT_TRUE(same.at(2).duplicate);
  EXPECT_EQ(same.at(2).id, same.at(0).id);
  EXPECT_EQ(same.at(2).sequence, same.at(0).sequence);
  EXPECT_EQ(code_of(node_.try_accept({node_.keyed_event("l", "body"), node_.keyed_event("l", "other")})),
            "idempotency_conflict");
  EXPECT_EQ(node_.ledger().accepted, 2);
}

TEST_P(Idempotency, HoldsBetweenTheCallsOfOneBatch) {
  node_.accept(node_.keyed_event("old", "body"));
  WriteBatch batch;
  batch.now = node_.now;
  batch.accepts.push_back({{node_.keyed_event("a", "1"), node_.keyed_event("old", "other")}});  // refused
  batch.accepts.push_back({{node_.keyed_event("a", "2")}});                                     // so this is the first
  batch.accepts.push_back({{node_.keyed_event("a", "2"), node_.keyed_event("b", "3")}});
  batch.accepts.push_back({{node_.keyed_event("a", "1")}});
  batch.accepts.push_back({{node_.keyed_event("b", "3"), node_.keyed_event("old", "body"), node_.event()}});
  for (int i = 0; i < 2; ++i) batch.accepts.push_back({{node_.keyed_event("c", "4")}});
  const WriteReply reply = node_.write(batch);
  EXPECT_EQ(code_of(reply.accepts.at(0)), "idempotency_conflict");
  ASSERT_EQ(code_of(reply.accepts.at(1)), "ok");
  ASSERT_EQ(code_of(reply.accepts.at(2)), "ok");
  EXPECT_EQ(code_of(reply.accepts.at(3)), "idempotency_conflict");
  ASSERT_EQ(code_of(reply.accepts.at(4)), "ok");
  EXPECT_FALSE(reply.accepts.at(1)->at(0).duplicate);
  EXPECT_TRUE(reply.accepts.at(2)->at(0).duplicate);
  EXPECT_EQ(reply.accepts.at(2)->at(0).sequence, reply.accepts.at(1)->at(0).sequence);
  EXPECT_FALSE(reply.accepts.at(2)->at(1).duplicate);
  EXPECT_TRUE(reply.accepts.at(4)->at(0).duplicate);
  EXPECT_EQ(reply.accepts.at(4)->at(0).id, reply.accepts.at(2)->at(1).id);
  EXPECT_TRUE(reply.accepts.at(4)->at(1).duplicate);
  EXPECT_FALSE(reply.accepts.at(4)->at(2).duplicate);
  EXPECT_TRUE(reply.accepts.at(6)->at(0).duplicate);
  EXPECT_EQ(reply.accepts.at(6)->at(0).status, EventStatus::kPending);
  EXPECT_EQ(node_.ledger().accepted, 5);
}

TEST_P(Idempotency, ForgetsAKeyWithItsEvent) {
  const Accepted first = node_.accept(node_.keyed_event("k", "body"));
  node_.sql("DELETE FROM cs_platform_event_outbox WHERE id = '" + first.id + "'");
  EXPECT_FALSE(node_.accept(node_.keyed_event("k", "other body")).duplicate);
  EXPECT_TRUE(node_.accept(node_.keyed_event("k", "other body")).duplicate);
}

TEST_P(Idempotency, SurvivesTheProcess) {
  const Accepted first = node_.accept(node_.keyed_event("k", "body"));
  node_.reopen();
  EXPECT_EQ(node_.accept(node_.keyed_event("k", "body")).id, first.id);
}

YIZHAN_ON_EVERY_ENGINE(Idempotency);

}  // namespace
}  // namespace yizhan::store::contract

// What is received goes on record once, with its verdict, and is found again.
#include "inbound_calls.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Receive : public Contract {
 protected:
  std::int64_t events() { return node_.ledger().accepted; }
};

TEST_P(Receive, PutsACallbackOnRecordAsItCame) {
  ReceiveCall call = callback(node_, "k1", std::string("\0raw\xff\n", 6));
  call.keys = {{"tracking_no", "SF1"}, {"message_id", "m1"}};
  call.callback.reason = "signature_invalid_let_through";
  const Received received = receive(node_, call);
  EXPECT_EQ(received.verdict, Verdict::kAccepted);
  EXPECT_EQ(received.effect, EffectResult::kNone);
  EXPECT_EQ(received.first_id, std::nullopt);
  EXPECT_EQ(received.reason, "signature_invalid_let_through");
  const CallbackView view = callback_view(node_, received.callback_id);
  EXPECT_EQ(view.id, received.callback_id);
  EXPECT_EQ(view.callback.source, "shop");
  EXPECT_EQ(view.callback.event_type, "order.paid");
  EXPECT_EQ(view.callback.idempotency_key, "k1");
  EXPECT_EQ(view.callback.received_at, node_.now);
  EXPECT_EQ(view.callback.peer, "203.0.113.7");
  EXPECT_EQ(view.callback.target, "/in/shop?account=1");
  EXPECT_EQ(view.callback.headers, "Content-Type: application/json\n");
  EXPECT_EQ(view.callback.body, std::string("\0raw\xff\n", 6));
  EXPECT_EQ(view.callback.body_size, 6);
  EXPECT_EQ(view.callback.duration, Microseconds{321});
  EXPECT_EQ(view.callback.reason, "signature_invalid_let_through");
  EXPECT_EQ(view.verdict, Verdict::kAccepted);
  EXPECT_EQ(view.answer_status, 200);
  EXPECT_EQ(view.duplicate_count, 0);
  ASSERT_THAT(view.keys, SizeIs(2));
  EXPECT_EQ(view.keys[0].name, "message_id");
  EXPECT_EQ(view.keys[0].value, "m1");
  EXPECT_EQ(view.keys[1].value, "SF1");
  EXPECT_THAT(view.event_ids, IsEmpty());
  EXPECT_EQ(value_of(node_.store().find_callback(received.callback_id, false))->callback.body, "");
  EXPECT_EQ(value_of(node_.store().find_callback(received.callback_id + 1000, true)), std::nullopt);
}

TEST_P(Receive, ADuplicateHasARowAndCountsUpTheFirst) {
  const Received first = receive(node_, callback(node_, "k"));
  ReceiveCall again = callback(node_, "k");
  again.answer_duplicate = 208;
  again.events.push_back(node_.event());
  const Received second = receive(node_, again);
  EXPECT_EQ(second.verdict, Verdict::kDuplicate);
  EXPECT_EQ(second.first_id, first.callback_id);
  EXPECT_FALSE(second.body_differs);
  EXPECT_NE(second.callback_id, first.callback_id);
  EXPECT_THAT(second.events, IsEmpty());
  EXPECT_EQ(events(), 0);
  EXPECT_EQ(callback_view(node_, first.callback_id).duplicate_count, 1);
  const CallbackView view = callback_view(node_, second.callback_id);
  EXPECT_EQ(view.verdict, Verdict::kDuplicate);
  EXPECT_EQ(view.first_id, first.callback_id);
  EXPECT_EQ(view.answer_status, 208);
  EXPECT_EQ(view.callback.body, R"({"n":1})") << "the first one's";
  ASSERT_THAT(view.keys, SizeIs(1));
  EXPECT_EQ(view.keys[0].value, "k");
  EXPECT_EQ(node_.sql("SELECT count(*) FROM inbound_callbacks WHERE body IS NULL").rows[0][0], "1");
  EXPECT_EQ(receive(node_, callback(node_, "k")).first_id, first.callback_id);
  EXPECT_EQ(callback_view(node_, first.callback_id).duplicate_count, 2);
}

TEST_P(Receive, ADuplicateWithAnotherBodyKeepsItsOwn) {
  const Received first = receive(node_, callback(node_, "k", "one"));
  const Received second = receive(node_, callback(node_, "k", "two"));
  EXPECT_EQ(second.verdict, Verdict::kDuplicate);
  EXPECT_TRUE(second.body_differs);
  EXPECT_EQ(callback_view(node_, second.callback_id).callback.body, "two");
  EXPECT_EQ(callback_view(node_, first.callback_id).callback.body, "one");
  const Received empty = receive(node_, callback(node_, "k", ""));
  EXPECT_TRUE(empty.body_differs);
  EXPECT_EQ(callback_view(node_, empty.callback_id).callback.body, "");
}

TEST_P(Receive, OfTwoEqualOnesInABatchOneIsTheDuplicate) {
  std::vector<ReceiveCall> calls{callback(node_, "a"), callback(node_, "b"), callback(node_, "a"),
                                 callback(node_, "a", "other")};
  for (ReceiveCall& call : calls) call.events.push_back(node_.event());
  const auto answers = receive_together(node_, calls);
  ASSERT_THAT(answers, SizeIs(4));
  EXPECT_EQ(answers[0]->verdict, Verdict::kAccepted);
  EXPECT_EQ(answers[1]->verdict, Verdict::kAccepted);
  EXPECT_EQ(answers[2]->verdict, Verdict::kDuplicate);
  EXPECT_EQ(answers[2]->first_id, answers[0]->callback_id);
  EXPECT_FALSE(answers[2]->body_differs);
  EXPECT_TRUE(answers[3]->body_differs);
  EXPECT_EQ(callback_view(node_, answers[0]->callback_id).duplicate_count, 2);
  EXPECT_EQ(events(), 2);
}

TEST_P(Receive, SourcesHaveTheirKeysForThemselves) {
  receive(node_, callback(node_, "k"));
  ReceiveCall other = callback(node_, "k");
  other.callback.source = "carrier";
  EXPECT_EQ(receive(node_, other).verdict, Verdict::kAccepted);
}

TEST_P(Receive, TheKeysOfEventsAndOfCallbacksAreApart) {
  node_.accept(node_.keyed_event("k", "body"));
  ReceiveCall call = callback(node_, "k");
  call.callback.source = "crm";  // the platform's name
  EXPECT_EQ(receive(node_, call).verdict, Verdict::kAccepted);
}

TEST_P(Receive, ARejectedOneGoesOnRecordAndItsKeyStaysFree) {
  ReceiveCall bad = callback(node_, "k", std::string(kKeptRejectedBody + 10, 'x'));
  bad.rejected = true;
  bad.callback.reason = "signature_invalid";
  bad.answer_rejected = 401;
  bad.events.push_back(node_.event());
  const Received rejected = receive(node_, bad);
  EXPECT_EQ(rejected.verdict, Verdict::kRejected);
  EXPECT_EQ(rejected.reason, "signature_invalid");
  EXPECT_EQ(events(), 0);
  const CallbackView view = callback_view(node_, rejected.callback_id);
  EXPECT_EQ(view.answer_status, 401);
  EXPECT_EQ(view.callback.body.size(), kKeptRejectedBody);
  EXPECT_EQ(view.callback.body_size, static_cast<std::int64_t>(kKeptRejectedBody + 10));
  EXPECT_EQ(receive(node_, callback(node_, "k")).verdict, Verdict::kAccepted);
  bad.callback.idempotency_key.clear();
  bad.keys.clear();
  EXPECT_EQ(receive(node_, bad).verdict, Verdict::kRejected);
  EXPECT_EQ(receive(node_, bad).verdict, Verdict::kRejected);
}

TEST_P(Receive, EventsComeWithEveryNewlyAcceptedCallback) {
  ReceiveCall call = callback(node_, "k");
  call.events = {node_.event(), node_.keyed_event("event-key", "body")};
  call.events[0].lease_token = "mine";
  call.events[0].lease = kLongLease;
  const Received received = receive(node_, call);
  ASSERT_THAT(received.events, SizeIs(2));
  EXPECT_TRUE(received.events[0].leased);
  EXPECT_FALSE(received.events[1].leased);
  EXPECT_GT(received.events[0].sequence, 0);
  EXPECT_THAT(callback_view(node_, received.callback_id).event_ids,
              ElementsAre(call.events[0].event.id, call.events[1].event.id));
  EXPECT_THAT(ids_of(node_.claim()), ElementsAre(call.events[1].event.id)) << "the other one is leased";
  ClaimedEvent held;
  held.sequence = received.events[0].sequence;
  held.lease_token = "mine";
  EXPECT_EQ(node_.deliver(held), RecordReply::kRecorded);

  ReceiveCall other = callback(node_, "l");
  other.events = {node_.keyed_event("event-key", "body")};
  const Received repeated = receive(node_, other);
  EXPECT_TRUE(repeated.events.at(0).duplicate);
  EXPECT_EQ(repeated.events[0].id, call.events[1].event.id);
}

TEST_P(Receive, WhatIsRefusedOfOneCallLeavesNothingOfIt) {
  create_order(node_, "o1");
  node_.accept(node_.keyed_event("taken", "body"));
  std::vector<ReceiveCall> calls{callback(node_, "a"), payment(node_, "p", "o1", "t1", 100), callback(node_, "b")};
  calls[1].events = {node_.event(), node_.keyed_event("taken", "other body")};
  calls[1].effect_events[0].lease_token = "mine";
  calls[1].effect_events[0].lease = kLongLease;
  auto answers = receive_together(node_, calls);
  EXPECT_EQ(code_of(answers[0]), "ok");
  EXPECT_EQ(code_of(answers[1]), "idempotency_conflict");
  EXPECT_EQ(code_of(answers[2]), "ok");
  EXPECT_EQ(order(node_, "o1").status, 0);
  EXPECT_EQ(events(), 1);

  calls[1].events = {node_.event(), node_.event()};
  calls[1].events[1].event.platform.clear();
  EXPECT_EQ(code_of(try_receive(node_, calls[1])), "value_refused");
  calls[1].events[1] = node_.event();
  calls[1].events[1].event.id = node_.accept(node_.event()).id;
  EXPECT_EQ(code_of(try_receive(node_, calls[1])), "event_id_taken");
  EXPECT_EQ(order(node_, "o1").status, 0);
  EXPECT_EQ(events(), 2);
  EXPECT_THAT(list(node_), SizeIs(2));

  calls[1].events.clear();
  EXPECT_EQ(receive(node_, calls[1]).effect, EffectResult::kApplied);
  EXPECT_EQ(events(), 3);
}

TEST_P(Receive, RefusesWhatCannotBeKept) {
  ReceiveCall call = callback(node_, "");
  EXPECT_EQ(code_of(try_receive(node_, call)), "value_refused");
  call = callback(node_, std::string(256, 'k'));
  EXPECT_EQ(code_of(try_receive(node_, call)), "value_refused");
  call = callback(node_, "k");
  call.callback.source = std::string(65, 's');
  EXPECT_EQ(code_of(try_receive(node_, call)), "value_refused");
  call = callback(node_, "k");
  call.keys = {{std::string(33, 'n'), "v"}};
  EXPECT_EQ(code_of(try_receive(node_, call)), "value_refused");
  EXPECT_THAT(list(node_), IsEmpty());
}

TEST_P(Receive, TakesHostileBytesForTheRecord) {  // fault 38
  ReceiveCall call = callback(node_, "k", std::string("\xff\0\xfe", 3));
  call.rejected = true;
  call.callback.reason = "signature_invalid";
  call.callback.event_type = "\xff";
  call.callback.idempotency_key = "\xc3(";
  call.callback.peer = "\xfe";
  call.callback.target = std::string("/\0\x80", 3);
  call.callback.headers = "X: \xf0\x28\n";
  call.keys = {
      {"out_trade_no", std::string(200, '\x80')}, {"empty", ""}, {"message_id", "'; DROP TABLE pay_orders; --"}};
  const Received received = receive(node_, call);
  EXPECT_EQ(callback_view(node_, received.callback_id).callback.body, std::string("\xff\0\xfe", 3));
  CallbackSelection selection;
  selection.key_value = "'; DROP TABLE pay_orders; --";
  EXPECT_THAT(ids_of(list(node_, selection)), ElementsAre(received.callback_id));
}

TEST_P(Receive, TheKeyIsForgottenWithItsCallback) {
  const Received first = receive(node_, callback(node_, "k"));
  node_.sql("DELETE FROM inbound_callbacks WHERE id = " + std::to_string(first.callback_id));
  EXPECT_EQ(node_.sql("SELECT count(*) FROM callback_keys").rows[0][0], "0");
  EXPECT_EQ(receive(node_, callback(node_, "k")).verdict, Verdict::kAccepted);
  EXPECT_EQ(receive(node_, callback(node_, "k")).verdict, Verdict::kDuplicate);
}

TEST_P(Receive, SurvivesTheProcess) {
  const Received first = receive(node_, callback(node_, "k"));
  node_.reopen();
  EXPECT_EQ(receive(node_, callback(node_, "k")).first_id, first.callback_id);
}

TEST_P(Receive, ManyAndLargeOnesFitIntoOneBatch) {
  std::vector<ReceiveCall> calls;
  for (int i = 0; i < 1500; ++i) calls.push_back(callback(node_, "k" + std::to_string(i)));
  for (int i = 0; i < 20; ++i) {
    calls.push_back(callback(node_, "large" + std::to_string(i), std::string(std::size_t{1} << 20, 'x')));
  }
  calls.push_back(callback(node_, "k7"));
  const auto answers = receive_together(node_, calls);
  EXPECT_EQ(answers.back()->first_id, answers[7]->callback_id);
  EXPECT_EQ(callback_view(node_, answers[1519]->callback_id).callback.body.size(), std::size_t{1} << 20);
  EXPECT_EQ(callback_view(node_, answers[7]->callback_id).duplicate_count, 1);
  EXPECT_EQ(node_.sql("SELECT count(*) FROM inbound_callbacks WHERE verdict = 'accepted'").rows[0][0], "1520");
}

TEST_P(Receive, WhatHadNoEffectIsKeptWithinItsQuota) {
  node_.store().set_inbound_quota({.rejected = 3, .duplicates = 2});
  const Received first = receive(node_, callback(node_, "k"));
  std::vector<std::int64_t> rejected;
  for (int i = 0; i < 6; ++i) {
    ReceiveCall bad = callback(node_, "bad" + std::to_string(i));
    bad.rejected = true;
    rejected.push_back(receive(node_, bad).callback_id);
    receive(node_, callback(node_, "k", i % 2 == 0 ? "other" : R"({"n":1})"));
  }
  CallbackSelection selection;
  selection.verdict = Verdict::kRejected;
  EXPECT_THAT(ids_of(list(node_, selection)), ElementsAre(rejected[5], rejected[4], rejected[3]));
  selection.verdict = Verdict::kDuplicate;
  EXPECT_THAT(list(node_, selection), SizeIs(2));
  EXPECT_EQ(callback_view(node_, first.callback_id).duplicate_count, 6) << "they are counted nevertheless";
  EXPECT_EQ(node_.sql("SELECT count(*) FROM callback_keys").rows[0][0], "5") << "keys go with their callbacks";
}

YIZHAN_ON_EVERY_ENGINE(Receive);

}  // namespace
}  // namespace yizhan::store::contract

// Handing over: what is accepted is durable and complete, or refused as a whole.
#include <gtest/gtest.h>

// After gtest.h, which it needs and does not include.
#include <rapidcheck/gtest.h>

#include "actor.h"
#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Accepting : public Contract {};

TEST_P(Accepting, KeepsEveryFieldAsHandedOver) {
  NewEvent handed = node_.event();
  handed.event.correlation = "order 17 · 订单";
  handed.event.order_key = "customer-5";
  handed.event.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  handed.idempotency_key = "key-17";
  handed.first_attempt_at = node_.now + Seconds{90};
  const Accepted accepted = node_.accept(handed);
  EXPECT_EQ(accepted.id, handed.event.id);
  EXPECT_EQ(accepted.status, EventStatus::kPending);
  EXPECT_FALSE(accepted.duplicate);
  EXPECT_GT(accepted.sequence, 0);

  const EventView view = node_.view(handed.event.id, true);
  EXPECT_EQ(view.event.id, handed.event.id);
  EXPECT_EQ(view.event.platform, "crm");
  EXPECT_EQ(view.event.event_type, "order.paid");
  EXPECT_EQ(view.event.callback_target, handed.event.callback_target);
  EXPECT_EQ(view.event.payload, handed.event.payload);
  EXPECT_EQ(view.event.correlation, handed.event.correlation);
  EXPECT_EQ(view.event.order_key, "customer-5");
  EXPECT_EQ(view.event.traceparent, handed.event.traceparent);
  EXPECT_EQ(view.event.created_at, node_.now);
  EXPECT_EQ(view.idempotency_key, "key-17");
  EXPECT_EQ(view.status, EventStatus::kPending);
  EXPECT_EQ(view.attempt_count, 0);
  EXPECT_EQ(view.next_attempt_at, handed.first_attempt_at);
  EXPECT_EQ(view.last_error, "");
  EXPECT_EQ(view.updated_at, node_.now);
  EXPECT_EQ(view.lease_expires_at, std::nullopt);
  EXPECT_EQ(node_.view(handed.event.id, false).event.payload, "");
}

TEST_P(Accepting, RoundTripsRawBytesOfThePayload) {  // fault 38
  NewEvent handed = node_.event();
  for (int byte = 0; byte < 256; ++byte) handed.event.payload += static_cast<char>(byte);
  node_.accept(handed);
  EXPECT_EQ(node_.view(handed.event.id, true).event.payload, handed.event.payload);
  EXPECT_EQ(node_.claim_one().event.payload, handed.event.payload);
}

TEST_P(Accepting, RoundTripsAnyPayload) {  // fault 38
  EXPECT_TRUE(rc::check("any bytes come back as they were", [&] {
    NewEvent handed = node_.event();
    handed.event.payload = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    node_.accept(handed);
    RC_ASSERT(node_.view(handed.event.id, true).event.payload == handed.event.payload);
  }));
}

TEST_P(Accepting, KeepsAnEmptyPayloadAndALargeOne) {
  NewEvent empty = node_.event();
  empty.event.payload.clear();
  NewEvent large = node_.event();
  large.event.payload.assign(1 << 20, '\xff');
  node_.accept({empty, large});
  EXPECT_EQ(node_.view(empty.event.id, true).event.payload, "");
  EXPECT_EQ(node_.view(large.event.id, true).event.payload, large.event.payload);
}

TEST_P(Accepting, StoresABatchOfManyLargePayloads) {
  std::vector<NewEvent> handed;
  for (int i = 0; i < 40; ++i) {
    handed.push_back(node_.event());
    handed.back().event.payload.assign(1 << 20, static_cast<char>('a' + i % 26));
  }
  const std::vector<Accepted> accepted = node_.accept(handed);
  for (std::size_t i = 0; i < handed.size(); ++i) {
    EXPECT_EQ(accepted[i].id, handed[i].event.id);
    EXPECT_TRUE(node_.view(handed[i].event.id, true).event.payload == handed[i].event.payload);
  }
  EXPECT_EQ(node_.claim().size(), handed.size());
}

TEST_P(Accepting, SurvivesTheProcess) {
  const Accepted accepted = node_.accept(node_.event());
  node_.reopen();
  EXPECT_EQ(node_.status(accepted.id), EventStatus::kPending);
}

TEST_P(Accepting, TakesTheEventForItsCallerInTheSameTransaction) {
  NewEvent handed = node_.event();
  handed.lease_token = "mine";
  handed.lease = kLongLease;
  const Accepted accepted = node_.accept(handed);
  EXPECT_TRUE(accepted.leased);
  EXPECT_THAT(node_.claim(), IsEmpty());
  EXPECT_NE(node_.view(accepted.id).lease_expires_at, std::nullopt);

  ClaimedEvent held;
  held.event = handed.event;
  held.sequence = accepted.sequence;
  held.lease_token = "mine";
  EXPECT_EQ(node_.deliver(held), RecordReply::kRecorded);
  EXPECT_EQ(node_.status(accepted.id), EventStatus::kDelivered);
}

TEST_P(Accepting, LeavesAnEventOfTheFutureUntaken) {
  NewEvent handed = node_.event();
  handed.first_attempt_at = node_.now + Seconds{5};
  handed.lease_token = "mine";
  handed.lease = kLongLease;
  EXPECT_FALSE(node_.accept(handed).leased);
  EXPECT_THAT(node_.claim(), IsEmpty());
  node_.now += Seconds{5};
  EXPECT_THAT(ids_of(node_.claim()), ElementsAre(handed.event.id));
}

TEST_P(Accepting, NumbersEventsInTheirOrder) {
  std::vector<NewEvent> handed;
  for (int i = 0; i < 2500; ++i) handed.push_back(node_.event());
  const std::vector<Accepted> accepted = node_.accept(handed);
  ASSERT_EQ(accepted.size(), handed.size());
  for (std::size_t i = 0; i < handed.size(); ++i) {
    EXPECT_EQ(accepted[i].id, handed[i].event.id);
    EXPECT_GT(accepted[i].sequence, i == 0 ? 0 : accepted[i - 1].sequence);
  }
  EXPECT_GT(node_.accept(node_.event()).sequence, accepted.back().sequence);
  EXPECT_EQ(node_.ledger().accepted, 2501);
}

TEST_P(Accepting, StoresNothingOfACallWithAnIdThatIsTaken) {
  const Accepted first = node_.accept(node_.event());
  NewEvent fresh = node_.event();
  NewEvent taken = node_.event();
  taken.event.id = first.id;
  EXPECT_EQ(code_of(node_.try_accept({fresh, taken})), "event_id_taken");
  EXPECT_EQ(node_.store().find_event(fresh.event.id, false)->has_value(), false);

  NewEvent twice = node_.event();
  EXPECT_EQ(code_of(node_.try_accept({twice, twice})), "event_id_taken");
  EXPECT_EQ(node_.ledger().accepted, 1);
}

TEST_P(Accepting, KeepsARefusedCallFromItsNeighbours) {
  const Accepted first = node_.accept(node_.event());
  const auto with = [&](auto change) {
    NewEvent event = node_.event();
    change(event);
    return AcceptCall{{node_.event(), event}};
  };
  WriteBatch batch;
  batch.now = node_.now;
  batch.accepts.push_back({{node_.event()}});
  batch.accepts.push_back(with([&](NewEvent& event) { event.event.id = first.id; }));
  batch.accepts.push_back({{node_.event()}});
  batch.accepts.push_back(with([](NewEvent& event) { event.event.id = ""; }));
  batch.accepts.push_back(with([](NewEvent& event) { event.event.id.assign(65, 'x'); }));
  batch.accepts.push_back(with([](NewEvent& event) { event.event.platform = ""; }));
  batch.accepts.push_back(with([](NewEvent& event) { event.event.platform.assign(65, 'x'); }));
  batch.accepts.push_back(with([](NewEvent& event) { event.event.event_type = ""; }));
  batch.accepts.push_back(with([](NewEvent& event) { event.event.event_type.assign(129, 'x'); }));
  batch.accepts.push_back(with([](NewEvent& event) { event.event.correlation.assign(257, 'x'); }));
  batch.accepts.push_back(with([](NewEvent& event) { event.idempotency_key = ""; }));
  batch.accepts.push_back(with([](NewEvent& event) { event.idempotency_key = std::string(256, 'x'); }));
  batch.accepts.push_back({{node_.event(), node_.event()}});
  batch.claims.push_back({kEndpoint, 100, "token", kLongLease});
  const WriteReply reply = node_.write(batch);

  std::vector<std::string_view> codes;
  for (const auto& call : reply.accepts) codes.push_back(code_of(call));
  EXPECT_THAT(codes, ElementsAre("ok", "event_id_taken", "ok", "value_refused", "value_refused", "value_refused",
                                 "value_refused", "value_refused", "value_refused", "value_refused", "value_refused",
                                 "value_refused", "ok"));
  EXPECT_EQ(reply.claims.at(0).events.size(), 5);
  EXPECT_EQ(node_.ledger().accepted, 5);
}

TEST_P(Accepting, AllowsTheLongestValues) {
  NewEvent longest = node_.event();
  longest.event.id.assign(64, 'i');
  for (int i = 0; i < 64; ++i) longest.event.platform += "站";
  longest.event.platform.erase(0, std::string("crm").size());
  longest.event.event_type.assign(128, 't');
  longest.event.correlation.assign(256, 'c');
  longest.idempotency_key = std::string(255, 'k');
  const Accepted accepted = node_.accept(longest);
  EXPECT_EQ(node_.view(accepted.id).event.platform, longest.event.platform);
}

TEST_P(Accepting, AnswersAnEmptyCallAndAnEmptyBatch) {
  EXPECT_THAT(node_.accept(std::vector<NewEvent>{}), IsEmpty());
  EXPECT_THAT(node_.write({}).accepts, IsEmpty());
}

TEST_P(Accepting, StoresNothingWhenKilledBeforeTheCommit) {  // fault 1
  {
    Node gone = std::move(node_);
  }
  ASSERT_TRUE(killed_at("write.before_commit", place_.url(), "accept:e-1"));
  Node next(place_.url());
  EXPECT_EQ(next.ledger().accepted, 0);
  NewEvent repeated = next.event();
  repeated.event.id = "e-1";
  repeated.idempotency_key = "e-1";
  EXPECT_FALSE(next.accept(repeated).duplicate);
}

TEST_P(Accepting, KnowsTheRetryOfWhatWasStoredBeforeTheKill) {  // fault 2
  {
    Node gone = std::move(node_);
  }
  ASSERT_TRUE(killed_at("write.after_commit", place_.url(), "accept:e-1"));
  Node next(place_.url());
  EXPECT_EQ(next.ledger().accepted, 1);
  NewEvent repeated = next.event();
  repeated.idempotency_key = "e-1";
  const Accepted accepted = next.accept(repeated);
  EXPECT_TRUE(accepted.duplicate);
  EXPECT_EQ(accepted.id, "e-1");
  EXPECT_EQ(next.ledger().accepted, 1);
}

YIZHAN_ON_EVERY_ENGINE(Accepting);

}  // namespace
}  // namespace yizhan::store::contract

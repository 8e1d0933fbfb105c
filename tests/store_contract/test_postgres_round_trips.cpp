// A batch of which nothing has to be known takes PostgreSQL's writer one round trip, its commit included. What was
// presumed wrongly is put right, and what is in doubt then is found out.
#include <set>
#include <thread>

#include "inbound_calls.h"
#include "postgres_cluster.h"
#include "store/postgres/postgres_store.h"
#include "wire_proxy.h"

namespace yizhan::store::contract {
namespace {

using postgres::Connection;
using postgres::ResultSet;
using testing::Each;
using testing::SizeIs;

class PostgresRoundTrips : public testing::Test {
 protected:
  static constexpr int kMany = 8;

  WriteBatch batch() {
    WriteBatch made;
    made.now = node_.now;
    return made;
  }
  /// New callbacks of source `shop`.
  WriteBatch callbacks(int count = kMany) {
    WriteBatch made = batch();
    for (int i = 0; i < count; ++i) made.receives.push_back(callback(node_, "k" + std::to_string(++keys_)));
    return made;
  }
  /// How many round trips it took; everything in it has to succeed.
  int write(const WriteBatch& batch) {
    const int before = proxy_.round_trips();
    reply_ = value_of(store_.write(batch));
    return proxy_.round_trips() - before;
  }
  /// Numbers taken in advance are there: the next batch of so many callbacks can be written at once. They age, and this
  /// machine may be slow.
  void warm_up() {
    for (int i = 0; i < 100; ++i) {
      write(callbacks());
      if (write(callbacks()) == 1) {
        write(callbacks());
        return;
      }
    }
    throw std::runtime_error("no batch of callbacks is ever written at once");
  }
  std::int64_t stored_callbacks(const std::string& condition = "true") {
    return std::stoll(node_.sql("SELECT count(*) FROM inbound_callbacks WHERE " + condition).rows[0][0].value());
  }
  std::vector<Verdict> verdicts() {
    std::vector<Verdict> all;
    for (auto& received : reply_.receives) all.push_back(value_of(received).verdict);
    return all;
  }

  Place place_{Engine::kPostgres};
  Node node_{place_.url()};
  WireProxy proxy_{PostgresCluster::shared().directory()};
  postgres::PostgresStore store_{proxy_.url(place_.url()), Connection::Purpose::kWriter, Seconds{10}};
  int keys_ = 0;
  WriteReply reply_;
};

TEST_F(PostgresRoundTrips, EventsTheirResultsAndClaimsTakeOne) {
  ASSERT_EQ(code_of(store_.connect()), "ok");
  WriteBatch first = batch();
  first.accepts.push_back({{node_.event()}});
  first.accepts.push_back({{node_.keyed_event("key", "{}"), node_.ordered_event("order")}});
  EXPECT_EQ(write(first), 1);
  WriteBatch claims = batch();
  claims.claims.push_back({kEndpoint, 10, "token", kLongLease});
  EXPECT_EQ(write(claims), 1);
  ASSERT_THAT(reply_.claims[0].events, SizeIs(3));
  WriteBatch results = batch();
  for (const ClaimedEvent& claimed : reply_.claims[0].events) {
    if (claimed.event.order_key.empty()) results.records.push_back(node_.result(claimed, EventStatus::kDelivered));
  }
  results.accepts.push_back({{node_.event()}});
  EXPECT_EQ(write(results), 1);
  EXPECT_THAT(reply_.records, testing::ElementsAre(RecordReply::kRecorded, RecordReply::kRecorded));
  EXPECT_EQ(node_.ledger().delivered, 2);
}

TEST_F(PostgresRoundTrips, AnEventOfAnOrderTakesTwoAndTheNextFollows) {
  const Accepted head = node_.accept(node_.ordered_event("order"));
  const Accepted next = node_.accept(node_.ordered_event("order"));
  const ClaimedEvent claimed = node_.claim_one();
  ASSERT_EQ(claimed.event.id, head.id);
  ASSERT_EQ(code_of(store_.connect()), "ok");
  WriteBatch result = batch();
  result.records.push_back(node_.result(claimed, EventStatus::kDelivered));
  result.claims.push_back({kEndpoint, 10, "token", kLongLease});
  EXPECT_EQ(write(result), 2);
  ASSERT_THAT(reply_.claims[0].events, SizeIs(1));
  EXPECT_EQ(reply_.claims[0].events[0].event.id, next.id);
}

TEST_F(PostgresRoundTrips, ManyCallbacksTakeOneAndHaveNumbersOfTheirOwn) {
  warm_up();
  std::set<std::int64_t> ids;
  for (int i = 0; i < 20; ++i) {
    write(callbacks());
    EXPECT_THAT(verdicts(), Each(Verdict::kAccepted));
    for (const auto& received : reply_.receives) EXPECT_TRUE(ids.insert(received->callback_id).second);
  }
  EXPECT_EQ(stored_callbacks(), keys_);
}

TEST_F(PostgresRoundTrips, AFewCallbacksLeaveNoGapsInTheNumbers) {
  ASSERT_EQ(code_of(store_.connect()), "ok");
  std::int64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(write(callbacks(1)), 2);
    const std::int64_t id = reply_.receives[0]->callback_id;
    EXPECT_TRUE(last == 0 || id == last + 1) << last << ", then " << id;
    last = id;
  }
}

TEST_F(PostgresRoundTrips, ARepetitionAmongNewOnesIsFound) {
  warm_up();
  WriteBatch mixed = callbacks();
  mixed.receives.push_back(callback(node_, "k1", "another body"));
  mixed.receives.push_back(mixed.receives[0]);  // of this batch
  EXPECT_GT(write(mixed), 1) << "it was presumed to be new, or asked for";
  std::vector<Verdict> expected(kMany, Verdict::kAccepted);
  expected.insert(expected.end(), 2, Verdict::kDuplicate);
  EXPECT_EQ(verdicts(), expected);
  EXPECT_TRUE(reply_.receives[kMany]->body_differs);
  EXPECT_EQ(reply_.receives[kMany + 1]->first_id, reply_.receives[0]->callback_id);
  EXPECT_EQ(node_.sql("SELECT sum(duplicate_count) FROM inbound_callbacks").rows[0][0], "2");
  // For a while nothing is presumed; then it is again.
  EXPECT_EQ(write(callbacks()), 2);
  for (int i = 0; i < postgres::KeyPresumption::kCautious; ++i) write(callbacks());
  warm_up();
}

TEST_F(PostgresRoundTrips, ARepeatedEventIsFound) {
  ASSERT_EQ(code_of(store_.connect()), "ok");
  WriteBatch first = batch();
  first.accepts.push_back({{node_.keyed_event("key", "{}")}});
  ASSERT_EQ(write(first), 1);
  const Accepted stored = value_of(reply_.accepts[0])[0];
  WriteBatch again = batch();
  again.accepts.push_back({{node_.keyed_event("key", "{}")}});
  again.accepts.push_back({{node_.keyed_event("key", "other")}});
  again.accepts.push_back({{node_.event()}});
  const auto reply = value_of(store_.write(again));
  EXPECT_TRUE(value_of(reply.accepts[0])[0].duplicate);
  EXPECT_EQ(value_of(reply.accepts[0])[0].id, stored.id);
  EXPECT_EQ(code_of(reply.accepts[1]), "idempotency_conflict");
  EXPECT_EQ(code_of(reply.accepts[2]), "ok");
  EXPECT_EQ(node_.ledger().accepted, 2);
}

TEST_F(PostgresRoundTrips, OneThatIsRefusedIsRefusedAlone) {
  warm_up();
  WriteBatch mixed = callbacks();
  const NewEvent event = node_.event();
  node_.accept(event);
  mixed.accepts.push_back({{event}});  // its id is taken
  mixed.accepts.push_back({{node_.event()}});
  write(mixed);
  EXPECT_THAT(verdicts(), Each(Verdict::kAccepted));
  EXPECT_EQ(code_of(reply_.accepts[0]), "event_id_taken");
  EXPECT_EQ(code_of(reply_.accepts[1]), "ok");
}

TEST_F(PostgresRoundTrips, WhatHadNoEffectIsKeptWithinItsQuota) {
  store_.set_inbound_quota({.rejected = 10, .duplicates = 10});
  warm_up();
  for (int i = 0; i < 100; ++i) {
    WriteBatch rejected = callbacks();
    for (ReceiveCall& call : rejected.receives) call.rejected = true;
    write(rejected);
  }
  EXPECT_EQ(stored_callbacks("verdict = 'rejected'"), 10);
}

// ---- in doubt (fault 11)
// ---------------------------------------------------------------------------------------------

class PostgresDoubt : public PostgresRoundTrips, public testing::WithParamInterface<WireProxy::Cut> {};

TEST_P(PostgresDoubt, EveryAnswerIsThereThoughNoneCame) {
  const Accepted delivered = node_.accept(node_.event());
  const ClaimedEvent claimed = node_.claim_one();
  const Accepted retried = node_.accept(node_.event());
  const ClaimedEvent lost = node_.claim_one(kEndedLease);
  node_.claim_one();  // by another, so that the first one's result is refused
  warm_up();
  WriteBatch all = callbacks();
  all.records.push_back(node_.result(claimed, EventStatus::kDelivered));
  all.records.push_back(node_.result(lost, EventStatus::kDelivered));
  NewEvent leased = node_.event();
  leased.lease_token = "mine";
  leased.lease = kLongLease;
  node_.accept(node_.ordered_event("order"));
  NewEvent behind = node_.ordered_event("order");
  behind.lease_token = leased.lease_token;
  behind.lease = kLongLease;
  all.accepts.push_back({{leased, behind, node_.event()}});
  all.accepts.push_back({{node_.keyed_event("key", "{}"), node_.keyed_event("key", "{}")}});
  all.claims.push_back({kEndpoint + 1, 10, "token", kLongLease});
  proxy_.cut(GetParam());
  write(all);
  ASSERT_FALSE(proxy_.waits_to_cut());

  EXPECT_THAT(verdicts(), Each(Verdict::kAccepted));
  EXPECT_THAT(reply_.records, testing::ElementsAre(RecordReply::kRecorded, RecordReply::kLeaseLost));
  EXPECT_EQ(node_.status(delivered.id), EventStatus::kDelivered);
  EXPECT_EQ(node_.status(retried.id), EventStatus::kPending);
  const auto first = value_of(reply_.accepts[0]);
  EXPECT_TRUE(first[0].leased);
  EXPECT_FALSE(first[1].leased) << "it waits for another of its order";
  EXPECT_FALSE(first[2].leased);
  for (const Accepted& accepted : first) {
    EXPECT_EQ(node_.sql("SELECT sequence FROM outbox_events WHERE id = '" + accepted.id + "'").rows[0][0],
              std::to_string(accepted.sequence));
  }
  const auto second = value_of(reply_.accepts[1]);
  EXPECT_TRUE(second[1].duplicate);
  EXPECT_EQ(second[1].sequence, second[0].sequence);
  EXPECT_EQ(node_.ledger().accepted, 7);
  EXPECT_EQ(stored_callbacks(), keys_) << "each callback once";
  for (const auto& received : reply_.receives) EXPECT_TRUE(callback_view(node_, received->callback_id).id > 0);
}

/// Somebody else is about to store the key of the first callback, so that a batch waits for him.
class PostgresHeldUp : public PostgresRoundTrips {
 protected:
  void SetUp() override {
    warm_up();
    waiting_ = callbacks();
    run("BEGIN; INSERT INTO inbound_idempotency (source, idempotency_key, callback_id, created_at) VALUES ('shop', '" +
        waiting_.receives[0].callback.idempotency_key + "', 0, now())");
  }
  ResultSet run(const std::string& text) {
    auto results = other_.execute(text);
    if (!results) throw std::runtime_error(results.error().message);
    return std::move(results->back());
  }
  void expect_each_once() {
    EXPECT_THAT(verdicts(), Each(Verdict::kAccepted));
    EXPECT_EQ(stored_callbacks(), keys_);
  }

  WriteBatch waiting_;
  Connection other_ = *Connection::open(place_.url(), Connection::Purpose::kReader);
};

TEST_F(PostgresHeldUp, ACommitThatIsStillComingIsWaitedFor) {
  proxy_.cut(WireProxy::Cut::kAfterCommitInSilence);
  std::jthread writer([&] { write(waiting_); });
  while (proxy_.waits_to_cut()) std::this_thread::yield();
  // The second question comes when the first one is answered.
  for (const int before = proxy_.connections(); proxy_.connections() < before + 2;) std::this_thread::yield();
  run("ROLLBACK");
  writer.join();
  expect_each_once();
}

TEST_F(PostgresHeldUp, ASessionThatIsEndedBeforeItsCommitIsNotInDoubt) {
  const int before = proxy_.connections();
  std::jthread writer([&] { write(waiting_); });
  while (run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").rows() == 0) {
  }
  while (proxy_.connections() == before) std::this_thread::yield();
  run("ROLLBACK");
  writer.join();
  expect_each_once();
  EXPECT_EQ(proxy_.connections(), before + 1) << "nobody had to ask what became of it";
}

INSTANTIATE_TEST_SUITE_P(Cuts, PostgresDoubt,
                         testing::Values(WireProxy::Cut::kBeforeCommit, WireProxy::Cut::kAfterCommit,
                                         WireProxy::Cut::kBeforeCommitInSilence,
                                         WireProxy::Cut::kAfterCommitInSilence));

}  // namespace
}  // namespace yizhan::store::contract

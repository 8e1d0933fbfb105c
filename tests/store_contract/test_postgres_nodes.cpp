// Several nodes, and other people's transactions, on one PostgreSQL.
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "inbound_calls.h"
#include "postgres_cluster.h"
#include "store/postgres/connection.h"

namespace yizhan::store::contract {
namespace {

using postgres::Connection;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A session of somebody else, with transactions of his own.
class Session {
 public:
  explicit Session(const std::string& url) : connection_(*Connection::open(url, Connection::Purpose::kReader)) {}

  void run(const std::string& text) {
    const auto done = connection_.execute(text);
    if (!done) throw std::runtime_error(done.error().message);
  }
  std::string value(const std::string& text) {
    const auto done = connection_.execute(text);
    if (!done) throw std::runtime_error(done.error().message);
    return done->back().text(0, 0);
  }

 private:
  Connection connection_;
};

class PostgresNodes : public testing::Test {
 protected:
  /// Waits for what another session is doing; the other session cannot tell by itself.
  void wait_until(const std::string& condition) {
    Session session(place_.url());
    const auto until = std::chrono::steady_clock::now() + Seconds{60};
    while (session.value("SELECT " + condition) != "t") {
      if (std::chrono::steady_clock::now() > until) throw std::runtime_error("never came true: " + condition);
      std::this_thread::yield();
    }
  }

  Place place_{Engine::kPostgres};
  Node node_{place_.url()};
};

// ---- nodes with nodes
// ------------------------------------------------------------------------------------------------

TEST_F(PostgresNodes, ShareClaimsWithoutOverlap) {  // fault 17
  constexpr std::size_t kEvents = 3000;
  std::vector<NewEvent> events;
  for (std::size_t i = 0; i < kEvents; ++i) events.push_back(node_.event());
  node_.accept(std::move(events));
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::vector<std::thread> nodes;
  for (int i = 0; i < 4; ++i) {
    nodes.emplace_back([&] {
      Node node(place_.url());
      while (true) {
        WriteBatch batch;
        batch.now = node.now;
        batch.claims.push_back({kEndpoint, 7, "token", kLongLease});
        const auto events_of_claim = std::move(node.write(batch).claims.at(0).events);
        const std::lock_guard lock(mutex);
        for (const ClaimedEvent& event : events_of_claim) claimed.insert(event.event.id);
        if (claimed.size() >= kEvents) return;
      }
    });
  }
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(claimed.size(), kEvents);
  EXPECT_EQ(std::set(claimed.begin(), claimed.end()).size(), kEvents);
}

TEST_F(PostgresNodes, SweepWhatWasClosedSoThatItsRoomIsUsedAgain) {
  Session session(place_.url());
  const auto pages = [&] { return std::stoi(session.value("SELECT pg_relation_size('outbox_schedule') / 8192")); };
  const auto deliver_many = [&] {
    std::vector<NewEvent> events;
    for (int i = 0; i < 400; ++i) events.push_back(node_.event());
    node_.accept(std::move(events));
    WriteBatch batch;
    for (const ClaimedEvent& claimed : node_.claim(kEndpoint, 400)) {
      batch.records.push_back(node_.result(claimed, EventStatus::kDelivered));
    }
    ASSERT_THAT(node_.write(batch).records, SizeIs(400));
    value_of(node_.store().sweep());
  };
  deliver_many();
  const int once = pages();
  for (int round = 0; round < 5; ++round) deliver_many();
  EXPECT_LE(pages(), 2 * once);
}

TEST_F(PostgresNodes, SweepNothingThatSomebodyKeepsLocked) {
  Session other(place_.url());
  other.run("BEGIN; LOCK TABLE outbox_schedule IN SHARE MODE");
  EXPECT_EQ(code_of(node_.store().sweep()), "ok");
  other.run("ROLLBACK");
  EXPECT_EQ(code_of(node_.store().sweep()), "ok");
  node_.accept(node_.event());
}

TEST_F(PostgresNodes, TakeOverLeasesThatEnded) {  // faults 3, 16
  const Accepted accepted = node_.accept(node_.event());
  Node other(place_.url());
  const ClaimedEvent late = node_.claim_one(kEndedLease);
  const ClaimedEvent current = other.claim_one();
  EXPECT_EQ(node_.deliver(late), RecordReply::kLeaseLost);
  EXPECT_EQ(other.deliver(current), RecordReply::kRecorded);
  EXPECT_THAT(value_of(node_.store().attempts(accepted.id, 10)), SizeIs(1));
}

TEST_F(PostgresNodes, JudgeLeasesByTheDatabasesClock) {  // fault 15
  node_.accept(node_.event());
  node_.claim_one();
  Node ahead(place_.url());
  ahead.now += std::chrono::hours{24 * 366};
  EXPECT_THAT(ahead.claim(), IsEmpty());
}

TEST_F(PostgresNodes, StoreAKeyOnceHoweverManySendIt) {  // fault 32
  constexpr int kNodes = 6;
  constexpr int kKeys = 40;
  std::mutex mutex;
  std::vector<std::set<std::string>> ids(kKeys);
  std::atomic<int> stored{0};
  std::atomic<int> repeated{0};
  std::atomic<int> conflicts{0};
  std::vector<std::thread> nodes;
  for (int which = 0; which < kNodes; ++which) {
    nodes.emplace_back([&, which] {
      Node node(place_.url());
      WriteBatch batch;
      batch.now = node.now;
      // Each in another order: nodes that wait for each other's keys must not end in a deadlock.
      for (int i = 0; i < kKeys; ++i) {
        const int key = (i * (which + 1) * 7 + which) % kKeys;
        batch.accepts.push_back({{node.keyed_event("key-" + std::to_string(key), which % 2 == 0 ? "even" : "odd")}});
      }
      const WriteReply reply = node.write(batch);
      const std::lock_guard lock(mutex);
      for (int i = 0; i < kKeys; ++i) {
        const auto& call = reply.accepts[static_cast<std::size_t>(i)];
        const int key = (i * (which + 1) * 7 + which) % kKeys;
        if (!call) {
          EXPECT_EQ(call.error().code, "idempotency_conflict");
          ++conflicts;
          continue;
        }
        ids[static_cast<std::size_t>(key)].insert(call->at(0).id);
        ++(call->at(0).duplicate ? repeated : stored);
      }
    });
  }
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(node_.ledger().accepted, stored);
  EXPECT_EQ(stored + repeated + conflicts, kNodes * kKeys);
  for (const auto& each : ids) EXPECT_LE(each.size(), 1);
}

TEST_F(PostgresNodes, KeepTheOrderOfAKeyBetweenThem) {
  constexpr int kEvents = 150;
  std::mutex mutex;
  std::vector<std::int64_t> accepted;
  std::vector<std::int64_t> claimed;
  std::atomic<int> in_flight{0};
  std::atomic<int> most_in_flight{0};
  const auto accept = [&](int count) {
    Node node(place_.url());
    for (int i = 0; i < count; ++i) {
      const Accepted each = node.accept(node.ordered_event("a"));
      const std::lock_guard lock(mutex);
      accepted.push_back(each.sequence);
    }
  };
  const auto deliver = [&] {
    Node node(place_.url());
    node.now += Seconds{1};
    while (true) {
      for (const ClaimedEvent& event : node.claim()) {
        most_in_flight = std::max(most_in_flight.load(), ++in_flight);
        {
          const std::lock_guard lock(mutex);
          claimed.push_back(event.sequence);
        }
        --in_flight;
        node.deliver(event);
      }
      value_of(node.store().endpoints_due(INT64_MIN, 10));
      const std::lock_guard lock(mutex);
      if (claimed.size() == kEvents) return;
    }
  };
  std::thread first(accept, kEvents / 2);
  std::thread second(accept, kEvents / 2);
  std::thread third(deliver);
  std::thread fourth(deliver);
  for (std::thread* thread : {&first, &second, &third, &fourth}) thread->join();
  EXPECT_EQ(most_in_flight, 1);
  EXPECT_TRUE(std::ranges::is_sorted(claimed));
  std::ranges::sort(accepted);
  EXPECT_EQ(claimed, accepted);
  EXPECT_EQ(node_.ledger().delivered, kEvents);
}

// ---- with other people's transactions
// --------------------------------------------------------------------------------

TEST_F(PostgresNodes, AProducersEventIsPartOfItsTransaction) {
  Session producer(place_.url());
  producer.run("BEGIN; CREATE TABLE orders (id bigint); INSERT INTO orders VALUES (1)");
  const std::string id = producer.value(
      R"(INSERT INTO cs_platform_event_outbox (platform, event_type, payload)
         VALUES ('crm', 'order.paid', '{"order": 1}'::jsonb) RETURNING id)");
  EXPECT_EQ(value_of(node_.store().find_event(id, true)), std::nullopt);
  producer.run("COMMIT");
  EXPECT_EQ(node_.view(id, true).event.payload, R"({"order": 1})");
  producer.run(
      "BEGIN; INSERT INTO cs_platform_event_outbox (id, platform, event_type) VALUES ('gone', 'crm', 't'); ROLLBACK");
  EXPECT_EQ(value_of(node_.store().find_event("gone", true)), std::nullopt);
  EXPECT_EQ(node_.ledger().accepted, 1);
}

TEST_F(PostgresNodes, AProducerNeedsNoRightButToInsert) {
  Session superuser(PostgresCluster::shared().superuser_url());
  const std::string schema = place_.url().substr(place_.url().rfind("%3D") + 3);
  const std::string role = "producer_" + schema;
  superuser.run("CREATE ROLE " + role + " LOGIN; GRANT USAGE ON SCHEMA " + schema + " TO " + role +
                "; GRANT INSERT, SELECT ON " + schema + ".cs_platform_event_outbox TO " + role);
  {
    std::string url = PostgresCluster::shared().url();
    url.replace(url.find("yizhan@"), 6, role);
    Session producer(url);
    // Its search_path does not name the schema; a table of the same name in its own must not be taken for ours.
    producer.run("CREATE TEMP TABLE outbox_events (id text)");
    const std::string id =
        producer.value("INSERT INTO " + schema +
                       ".cs_platform_event_outbox (platform, event_type, "
                       "payload, order_key, idempotency_key) VALUES ('crm', 't', '{}', 'o', 'k') RETURNING id");
    EXPECT_EQ(node_.status(id), EventStatus::kPending);
    EXPECT_THROW(producer.run("INSERT INTO " + schema + ".outbox_delivered VALUES (1, now(), 1)"), std::runtime_error);
    EXPECT_THROW(producer.run("DELETE FROM " + schema + ".cs_platform_event_outbox"), std::runtime_error);
  }
  superuser.run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(PostgresNodes, AnEventLockedByHandDoesNotHoldUpTheOthers) {  // fault 18
  const auto accepted = node_.accept({node_.event(), node_.event(), node_.event()});
  const auto claimed = node_.claim();
  Session hand(place_.url());
  hand.run("BEGIN; UPDATE cs_platform_event_outbox SET status = 'pending' WHERE id = '" + accepted.at(1).id + "'");

  WriteBatch batch;
  batch.now = node_.now;
  batch.records.push_back(node_.result(claimed.at(0), EventStatus::kDelivered));
  batch.records.push_back(node_.result(claimed.at(1), EventStatus::kDelivered));
  batch.records.push_back(node_.result(claimed.at(2), EventStatus::kDeadLetter));
  batch.accepts.push_back({{node_.event()}});
  const WriteReply reply = node_.write(batch);
  using enum RecordReply;
  EXPECT_THAT(reply.records, ElementsAre(kRecorded, kLeaseLost, kRecorded));
  EXPECT_EQ(code_of(reply.accepts.at(0)), "ok");
  hand.run("COMMIT");
  EXPECT_EQ(node_.status(accepted.at(1).id), EventStatus::kPending);
  EXPECT_THAT(ids_of(node_.claim()), testing::Contains(reply.accepts.at(0)->at(0).id));
  EXPECT_EQ(node_.ledger().accepted, 4);
}

TEST_F(PostgresNodes, AKeyAndALaneHeldInALongTransactionConcernTheirCallsOnly) {
  Session producer(place_.url());
  producer.run(
      "BEGIN; INSERT INTO cs_platform_event_outbox (platform, event_type, callback_target, payload, "
      "idempotency_key, order_key) VALUES ('crm', 'order.paid', '', 'body', 'k', 'a')");
  WriteBatch batch;
  batch.now = node_.now;
  batch.accepts.push_back({{node_.event()}});
  batch.accepts.push_back({{node_.keyed_event("k", "body")}});
  batch.accepts.push_back({{node_.ordered_event("a")}});
  batch.accepts.push_back({{node_.ordered_event("b")}});
  const WriteReply reply = node_.write(batch);
  EXPECT_EQ(code_of(reply.accepts.at(0)), "ok");
  EXPECT_EQ(code_of(reply.accepts.at(1)), "store_unavailable");
  EXPECT_EQ(code_of(reply.accepts.at(2)), "store_unavailable");
  EXPECT_EQ(code_of(reply.accepts.at(3)), "ok");
  producer.run("ROLLBACK");
  EXPECT_FALSE(node_.accept(node_.keyed_event("k", "body")).duplicate);
}

TEST_F(PostgresNodes, AHeadIsClosedWhileALongTransactionAddsToItsLane) {
  node_.accept(node_.ordered_event("a"));
  const ClaimedEvent claimed = node_.claim_one();
  Session producer(place_.url());
  producer.run(
      "BEGIN; INSERT INTO cs_platform_event_outbox (id, platform, event_type, order_key, next_attempt_at) "
      "VALUES ('next', 'crm', 't', 'a', '2026-01-01 00:00:00')");
  EXPECT_EQ(node_.deliver(claimed), RecordReply::kRecorded);
  producer.run("COMMIT");
  EXPECT_THAT(node_.claim(kUnrouted), IsEmpty());
  value_of(node_.store().endpoints_due(INT64_MIN, 10));  // the poll settles it
  EXPECT_THAT(ids_of(node_.claim(kUnrouted)), ElementsAre("next"));
}

TEST_F(PostgresNodes, ADeadlockIsTriedAgain) {  // fault 14
  const auto accepted = node_.accept({node_.event(), node_.event()});
  const auto claimed = node_.claim();
  const auto lock = [&](std::size_t which) {
    return "SELECT 1 FROM outbox_schedule WHERE sequence = " + std::to_string(accepted.at(which).sequence) +
           " FOR UPDATE";
  };
  // However late the other one comes: what is waited for too long is no deadlock.
  value_of(node_.store().sql("SET lock_timeout = '60s'"));
  // Of the two that wait for each other, the one that looks for deadlocks first gives up: ours.
  Session superuser(PostgresCluster::shared().superuser_url());
  const std::string schema = place_.url().substr(place_.url().rfind("%3D") + 3);
  superuser.run("SET search_path = " + schema + "; SET deadlock_timeout = '1h'; BEGIN;" + lock(0));
  std::thread other([&] {
    // Once we hold the second and wait for the first.
    wait_until("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'WITH result%')");
    superuser.run(lock(1));
    superuser.run("ROLLBACK");
  });
  WriteBatch batch;
  batch.now = node_.now;
  batch.records.push_back(node_.result(claimed.at(1), EventStatus::kDelivered));
  batch.records.push_back(node_.result(claimed.at(0), EventStatus::kDelivered));
  const auto reply = node_.store().write(batch);
  other.join();
  ASSERT_EQ(code_of(reply), "ok");
  EXPECT_THAT(reply->records, ElementsAre(RecordReply::kRecorded, RecordReply::kRecorded));
}

TEST_F(PostgresNodes, AnEditByHandOfAnEventThatMovedOnMeanwhileIsSkipped) {
  const std::string id = node_.accept(node_.event()).id;
  const ClaimedEvent claimed = node_.claim_one();
  Session locker(place_.url());
  locker.run("BEGIN; SELECT pg_advisory_xact_lock(1)");
  Session hand(place_.url());
  std::thread edits([&] {
    // Sees the event open, then waits until it is delivered.
    hand.run("UPDATE cs_platform_event_outbox SET status = 'pending' WHERE id = '" + id +
             "' AND pg_advisory_xact_lock(1) IS NOT NULL");
  });
  wait_until("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'advisory')");
  EXPECT_EQ(node_.deliver(claimed), RecordReply::kRecorded);
  locker.run("COMMIT");
  edits.join();
  EXPECT_EQ(node_.status(id), EventStatus::kDelivered);
}

// ---- what is received at several nodes at once
// ------------------------------------------------------------------------

TEST_F(PostgresNodes, OfEqualNoticesAtSeveralNodesOneHasItsEffect) {
  constexpr int kNodes = 4;
  constexpr int kOrders = 31;  // a prime: each node below comes by every order
  for (int i = 0; i < kOrders; ++i) create_order(node_, "order-" + std::to_string(i));
  std::atomic<int> applied{0};
  std::atomic<int> accepted{0};
  std::atomic<int> duplicates{0};
  std::vector<std::thread> nodes;
  for (int which = 0; which < kNodes; ++which) {
    nodes.emplace_back([&, which] {
      Node node(place_.url());
      std::vector<ReceiveCall> calls;
      // Each in another order: nodes that wait for each other must not end in a deadlock.
      for (int i = 0; i < kOrders; ++i) {
        const std::string name = std::to_string((i * (which + 1) * 7 + which) % kOrders);
        calls.push_back(payment(node, "notice-" + name, "order-" + name, "t-" + name, 100));
      }
      for (const auto& answer : receive_together(node, std::move(calls))) {
        applied += answer->effect == EffectResult::kApplied ? 1 : 0;
        accepted += answer->verdict == Verdict::kAccepted ? 1 : 0;
        duplicates += answer->verdict == Verdict::kDuplicate ? 1 : 0;
      }
    });
  }
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(applied, kOrders);
  EXPECT_EQ(accepted, kOrders);
  EXPECT_EQ(duplicates, (kNodes - 1) * kOrders);
  EXPECT_EQ(node_.ledger().accepted, kOrders);
  EXPECT_EQ(node_.sql("SELECT sum(duplicate_count) FROM inbound_callbacks").rows[0][0],
            std::to_string((kNodes - 1) * kOrders));
}

TEST_F(PostgresNodes, AnOrderLockedByHandConcernsItsNoticesOnly) {
  create_order(node_, "o1");
  create_order(node_, "o2");
  Session hand(place_.url());
  hand.run("BEGIN; SELECT * FROM pay_orders WHERE out_trade_no = 'o1' FOR UPDATE");
  const auto answers = receive_together(
      node_, {payment(node_, "n1", "o1", "t1", 100), payment(node_, "n2", "o2", "t2", 100), callback(node_, "k")});
  EXPECT_EQ(code_of(answers.at(0)), "store_unavailable");
  EXPECT_EQ(answers.at(1)->effect, EffectResult::kApplied);
  EXPECT_EQ(answers.at(2)->verdict, Verdict::kAccepted);
  hand.run("COMMIT");
  EXPECT_EQ(receive(node_, payment(node_, "n1", "o1", "t1", 100)).effect, EffectResult::kApplied);
}

TEST_F(PostgresNodes, ATruncatedRecordFreesItsKeys) {
  receive(node_, callback(node_, "k"));
  node_.sql("TRUNCATE inbound_callbacks");
  EXPECT_EQ(receive(node_, callback(node_, "k")).verdict, Verdict::kAccepted);
}

// ---- housekeeping
// ----------------------------------------------------------------------------------------------------

TEST_F(PostgresNodes, AskAutovacuumForNothingAsPagesAreFilled) {
  // It has room for 256 requests, and the server's log gets a line for every further one. A vacuum does the same.
  Session session(place_.url());
  EXPECT_EQ(session.value("SELECT count(*) FROM pg_class WHERE 'autosummarize=on' = ANY (reloptions)"), "0");
  EXPECT_EQ(
      session.value("SELECT count(*) FROM pg_class WHERE 'autovacuum_vacuum_insert_scale_factor=0' = ANY (reloptions)"
                    " AND oid IN ('outbox_events'::regclass, 'inbound_callbacks'::regclass)"),
      "2");
}

TEST_F(PostgresNodes, ForgetKeysAfterTheirWindow) {
  node_.accept({node_.keyed_event("old", "body"), node_.keyed_event("young", "body")});
  node_.sql(
      "UPDATE outbox_idempotency SET created_at = now() - interval '7 days 1 minute' WHERE idempotency_key = 'old'");
  node_.sql(
      "UPDATE outbox_idempotency SET created_at = now() - interval '6 days 23 hours' WHERE idempotency_key = 'young'");
  std::vector<NewEvent> fresh;
  for (int i = 0; i < 1000; ++i) fresh.push_back(node_.keyed_event("key-" + std::to_string(i), "body"));
  node_.accept(std::move(fresh));
  node_.store().tidy();
  EXPECT_FALSE(node_.accept(node_.keyed_event("old", "other")).duplicate);
  EXPECT_TRUE(node_.accept(node_.keyed_event("young", "body")).duplicate);
  EXPECT_TRUE(node_.accept(node_.keyed_event("key-1", "body")).duplicate);
}

TEST_F(PostgresNodes, ForgetKeysOfCallbacksAfterTheirWindow) {
  receive_together(node_, {callback(node_, "old"), callback(node_, "young")});
  node_.sql(
      "UPDATE inbound_idempotency SET created_at = now() - CASE idempotency_key WHEN 'old' THEN"
      " interval '7 days 1 minute' ELSE interval '6 days 23 hours' END");
  std::vector<ReceiveCall> fresh;
  for (int i = 0; i < 1000; ++i) fresh.push_back(callback(node_, "key-" + std::to_string(i)));
  receive_together(node_, std::move(fresh));
  node_.store().tidy();
  EXPECT_EQ(receive(node_, callback(node_, "old")).verdict, Verdict::kAccepted);
  EXPECT_EQ(receive(node_, callback(node_, "young")).verdict, Verdict::kDuplicate);
}

}  // namespace
}  // namespace yizhan::store::contract

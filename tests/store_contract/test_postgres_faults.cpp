// What PostgreSQL and the wire to it can do to a node.
#include <thread>

#include "express_calls.h"
#include "postgres_cluster.h"
#include "store/postgres/connection.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/statements.h"
#include "wire_proxy.h"

namespace yizhan::store::contract {
namespace {

using postgres::Connection;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

void as_superuser(const std::string& text) {
  auto connection = Connection::open(PostgresCluster::shared().superuser_url(), Connection::Purpose::kReader);
  if (!connection) throw std::runtime_error(connection.error().message);
  if (const auto done = connection->execute(text); !done) throw std::runtime_error(done.error().message);
}

class PostgresFaults : public testing::Test {
 protected:
  WriteBatch one_event() {
    WriteBatch batch;
    batch.now = node_.now;
    batch.accepts.push_back({{node_.event()}});
    return batch;
  }

  Place place_{Engine::kPostgres};
  Node node_{place_.url()};
};

// ---- the server goes away (fault 10)
// ---------------------------------------------------------------------------------

TEST_F(PostgresFaults, NothingIsLostWhenTheServerCrashes) {
  const Accepted before = node_.accept(node_.event());
  const ClaimedEvent claimed = node_.claim_one();
  PostgresCluster::shared().restart();
  EXPECT_EQ(node_.deliver(claimed), RecordReply::kRecorded);  // connects again by itself
  EXPECT_EQ(node_.status(before.id), EventStatus::kDelivered);
  EXPECT_GT(node_.accept(node_.event()).sequence, before.sequence);
}

TEST_F(PostgresFaults, SaysSoWhileTheServerIsAwayAndGoesOnAfterwards) {
  PostgresCluster::shared().stop();
  EXPECT_EQ(code_of(node_.store().write(one_event())), "store_unavailable");
  EXPECT_EQ(code_of(node_.store().ping()), "store_unavailable");
  EXPECT_EQ(code_of(node_.store().replay({}, 1, node_.now)), "store_unavailable");
  EXPECT_EQ(code_of(node_.store().sql("SELECT 1")), "store_unavailable");
  EXPECT_EQ(code_of(node_.store().endpoints_due(0, 1)), "store_unavailable");
  EXPECT_EQ(code_of(node_.factory().open_reader()), "store_unavailable");
  PostgresCluster::shared().start();
  EXPECT_EQ(code_of(node_.store().write(one_event())), "ok");
  EXPECT_EQ(code_of(node_.store().ping()), "ok");
  EXPECT_EQ(node_.ledger().accepted, 1);
}

TEST_F(PostgresFaults, ASessionThatWasEndedIsOpenedAgain) {
  as_superuser("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'yizhan'");
  EXPECT_EQ(code_of(node_.store().write(one_event())), "ok");
  EXPECT_EQ(node_.ledger().accepted, 1);
}

TEST_F(PostgresFaults, AStandbyIsNotWrittenTo) {  // fault 12: after a failover the old server may be one
  as_superuser("ALTER ROLE yizhan SET default_transaction_read_only = on");
  as_superuser("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'yizhan'");
  EXPECT_EQ(code_of(node_.store().write(one_event())), "store_unavailable");
  as_superuser("ALTER ROLE yizhan RESET default_transaction_read_only");
  EXPECT_EQ(code_of(node_.store().write(one_event())), "ok");
}

TEST_F(PostgresFaults, TooManyConnectionsAreSaidAtOnce) {  // fault 13
  as_superuser("ALTER ROLE yizhan CONNECTION LIMIT 0");
  const auto refused = node_.factory().open_reader();
  as_superuser("ALTER ROLE yizhan CONNECTION LIMIT -1");
  EXPECT_EQ(code_of(refused), "store_unavailable");
  EXPECT_EQ(code_of(node_.factory().open_reader()), "ok");
}

// ---- another server takes over (fault 12)
// ----------------------------------------------------------------------------

TEST(PostgresFailover, ASynchronousStandbyHasEverythingThatWasAcknowledged) {
  PostgresCluster cluster(PostgresCluster::Servers::kWithStandby);
  Node node(cluster.url());
  EXPECT_THAT(value_of(node.store().warnings()), Not(Contains(HasSubstr("standby"))));
  std::vector<std::string> acknowledged;
  for (int i = 0; i < 50; ++i) acknowledged.push_back(node.accept(node.event()).id);
  const auto claimed = node.claim(kEndpoint, 20);
  for (int i = 0; i < 10; ++i) node.deliver(claimed.at(static_cast<std::size_t>(i)));
  cluster.fail_over();

  EXPECT_EQ(node.deliver(claimed.at(10)), RecordReply::kRecorded);  // finds the new server by itself
  const Accepted after = node.accept(node.event());
  for (const std::string& id : acknowledged) EXPECT_TRUE(value_of(node.store().find_event(id, false)).has_value());
  EXPECT_GT(after.sequence, claimed.back().sequence);
  const LedgerLine line = node.ledger();
  EXPECT_EQ(line.accepted, 51);
  EXPECT_EQ(line.delivered, 11);
}

TEST(PostgresFailover, AnAsynchronousStandbyIsWarnedOf) {
  PostgresCluster cluster(PostgresCluster::Servers::kWithStandby);
  auto superuser = *Connection::open(cluster.superuser_url(), Connection::Purpose::kReader);
  ASSERT_TRUE(superuser.execute("ALTER SYSTEM SET synchronous_standby_names = ''").has_value());
  ASSERT_TRUE(superuser.execute("SELECT pg_reload_conf()").has_value());
  // The server takes the change up in its own time.
  while (superuser.execute("SHOW synchronous_standby_names")->at(0).bytes(0, 0) == "*") std::this_thread::yield();
  Node node(cluster.url());
  EXPECT_THAT(value_of(node.store().warnings()), Contains(HasSubstr("asynchronously")));
}

// ---- the wire is cut around COMMIT (fault 11)
// ------------------------------------------------------------------------

class PostgresCommit : public PostgresFaults {
 protected:
  void TearDown() override { EXPECT_FALSE(proxy_.waits_to_cut()) << "no commit came by the proxy"; }

  std::int64_t stored() { return node_.ledger().accepted; }

  WireProxy proxy_{PostgresCluster::shared().directory()};
  postgres::PostgresStore store_{proxy_.url(place_.url()), Connection::Purpose::kWriter, Seconds{10}};
};

TEST_F(PostgresCommit, ACommitWhoseAnswerIsLostIsFoundOut) {
  ASSERT_EQ(code_of(store_.connect()), "ok");
  proxy_.cut(WireProxy::Cut::kAfterCommit);
  const WriteBatch batch = one_event();
  const auto reply = store_.write(batch);
  ASSERT_EQ(code_of(reply), "ok");
  EXPECT_EQ(value_of(reply->accepts.at(0)).at(0).id, batch.accepts[0].events[0].event.id);
  EXPECT_EQ(stored(), 1);
}

TEST_F(PostgresCommit, ACommitThatNeverArrivedIsFoundOut) {
  ASSERT_EQ(code_of(store_.connect()), "ok");
  proxy_.cut(WireProxy::Cut::kBeforeCommit);
  EXPECT_EQ(code_of(store_.write(one_event())), "ok");  // it was certainly not committed: tried again
  EXPECT_EQ(stored(), 1);
}

TEST_F(PostgresCommit, AResultWhoseCommitIsInDoubtIsRecordedOnce) {
  const Accepted accepted = node_.accept(node_.event());
  WriteBatch batch;
  batch.now = node_.now;
  batch.records.push_back(node_.result(node_.claim_one(), EventStatus::kDelivered));
  ASSERT_EQ(code_of(store_.connect()), "ok");
  proxy_.cut(WireProxy::Cut::kAfterCommit);
  const auto reply = store_.write(batch);
  ASSERT_EQ(code_of(reply), "ok");
  EXPECT_EQ(reply->records.at(0), RecordReply::kRecorded);
  EXPECT_EQ(node_.status(accepted.id), EventStatus::kDelivered);
}

TEST_F(PostgresCommit, ACallbackWhoseCommitIsInDoubtIsFoundOut) {
  WriteBatch batch;
  batch.now = node_.now;
  batch.receives.push_back(callback(node_, "k"));
  ASSERT_EQ(code_of(store_.connect()), "ok");
  proxy_.cut(WireProxy::Cut::kAfterCommit);
  const auto reply = store_.write(batch);
  ASSERT_EQ(code_of(reply), "ok");
  EXPECT_EQ(value_of(reply->receives.at(0)).verdict, Verdict::kAccepted);
  proxy_.cut(WireProxy::Cut::kBeforeCommit);
  batch.receives[0] = callback(node_, "l");
  const auto second = store_.write(batch);
  ASSERT_EQ(code_of(second), "ok");
  EXPECT_EQ(value_of(second->receives.at(0)).verdict, Verdict::kAccepted) << "it was certainly not committed";
  EXPECT_EQ(list(node_).size(), 2u);
}

TEST_F(PostgresCommit, AStepWhoseCommitIsInDoubtIsStoredAndToldOnce) {
  add_waybill(node_, "A");
  ASSERT_EQ(code_of(store_.connect()), "ok");
  int minute = 0;
  for (const auto cut : {WireProxy::Cut::kAfterCommit, WireProxy::Cut::kBeforeCommit}) {
    WriteBatch batch;
    batch.now = node_.now;
    const std::string code = "STATE_" + std::to_string(++minute);
    batch.receives.push_back(express(node_, code, {step("A", code, node_.now - Seconds{600 - minute})}));
    proxy_.cut(cut);
    const auto reply = store_.write(batch);
    ASSERT_EQ(code_of(reply), "ok");
    EXPECT_EQ(value_of(reply->receives.at(0)).effect, EffectResult::kApplied);
  }
  EXPECT_THAT(tracking_events(node_, "A"), testing::ElementsAre("STATE_1 told", "STATE_2 told"));
}

TEST_F(PostgresCommit, WhatCannotBeFoundOutInTimeIsSaidToBeUnknown) {
  postgres::PostgresStore store(proxy_.url(place_.url()), Connection::Purpose::kWriter, Milliseconds{200});
  ASSERT_EQ(code_of(store.connect()), "ok");
  proxy_.refuse(true);
  proxy_.cut(WireProxy::Cut::kAfterCommit);
  EXPECT_EQ(code_of(store.write(one_event())), "commit_outcome_unknown");
  proxy_.refuse(false);
  EXPECT_EQ(stored(), 1);
  EXPECT_EQ(code_of(store.write(one_event())), "ok");
}

TEST_F(PostgresCommit, ABatchThatChangesNothingIsNeverInDoubt) {
  ASSERT_EQ(code_of(store_.connect()), "ok");
  proxy_.refuse(true);
  proxy_.cut(WireProxy::Cut::kAfterCommit);
  WriteBatch batch;
  batch.now = node_.now;
  batch.claims.push_back({kEndpoint, 10, "token", kLongLease});
  EXPECT_EQ(code_of(store_.write(batch)), "store_unavailable");
}

// ---- what the server is
// ----------------------------------------------------------------------------------------------

TEST_F(PostgresFaults, WarnsOfSettingsThatLoseEvents) {
  EXPECT_THAT(value_of(node_.store().warnings()), Contains(HasSubstr("fsync = off")));
  postgres::PostgresStore careless(place_.url() + "%20-csynchronous_commit%3Doff", Connection::Purpose::kReader);
  EXPECT_THAT(value_of(careless.warnings()), Contains(HasSubstr("synchronous_commit = off")));
  EXPECT_THAT(value_of(node_.store().warnings()), Not(Contains(HasSubstr("synchronous_commit"))));
}

TEST_F(PostgresFaults, RefusesADatabaseThatCannotHoldEveryText) {
  as_superuser("CREATE DATABASE latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0 OWNER yizhan");
  std::string url = PostgresCluster::shared().url();
  url.replace(url.find("/yizhan?"), 8, "/latin1?");
  const auto refused = open_factory(url)->migrate();
  as_superuser("DROP DATABASE latin1");
  ASSERT_NE(code_of(refused), "ok");
  EXPECT_THAT(refused.error().message, HasSubstr("ENCODING 'UTF8'"));
}

TEST_F(PostgresFaults, NeverShowsThePasswordOfAUrl) {  // fault 40
  for (const std::string_view url :
       {"postgresql://yizhan:canary-secret@127.0.0.1:1/yizhan", "postgresql://yizhan:canary-secret@[/yizhan",
        "postgresql://yizhan:canary-secret@127.0.0.1:1/yizhan?nonsense=1"}) {
    const auto factory = open_store(*parse_store_url(url), OpenMode::kServe);
    const Error error = factory ? (*factory)->migrate().error() : factory.error();
    EXPECT_EQ(error.code, "store_unavailable");
    EXPECT_THAT(error.message, Not(HasSubstr("canary-secret")));
  }
}

TEST_F(PostgresFaults, PlansMadeOnEmptyTablesGoThroughIndexes) {
  auto connection = *Connection::open(place_.url(), Connection::Purpose::kWriter);
  const auto prepared = connection.prepare(postgres::statements::all());
  ASSERT_TRUE(prepared.has_value());
  const auto plan_of = [&](const std::string& call) {
    const auto explained = connection.execute("EXPLAIN EXECUTE " + call);
    if (!explained) throw std::runtime_error(explained.error().message);
    std::string plan;
    for (int row = 0; row < explained->at(0).rows(); ++row) plan += explained->at(0).text(row, 0) + "\n";
    return plan;
  };
  for (const char* call :
       {"claim(1, 20, 'token', 33000, now(), NULL)",
        "next_available(1, 'token', NULL)",
        "lock_lanes('{1}', '{}')",
        "record_delivered('{1}', '{t}', '{200}', '{1}', '{\"\"}', '{now}', '{now}')",
        "record_retry('{1}', '{t}', '{200}', '{1}', '{\"\"}', '{now}', '{now}', '{x}', '{x}', '{now}')",
        "record_dead_letter('{1}', '{t}', '{200}', '{1}', '{\"\"}', '{now}', '{now}', '{x}', '{x}')",
        "find_keys('{crm}', '{k}')",
        "release('{1}', '{t}', '{1}', '{now}', '{x}', now())",
        "prune_keys(10)",
        "lock_orders('{o1}')",
        "find_refunds('{p}', '{n}')",
        "find_callbacks('{shop}', '{k}')",
        "count_duplicates('{1}', '{1}')",
        "write_orders('{o1}', '{1}', '{p}', '{t}', '{1}', '{now}', '{now}')",
        "lock_waybills('{A}')",
        "find_steps('{A}', '{k}')",
        "write_waybills('{A}', '{X}', '{now}', '{t}', now())",
        "forget_rejected(10, 10)",
        "forget_duplicates(10, 10)",
        "prune_callback_keys(10)",
        "schedule_ordered('{1}', '{now}', '{t}', '{1}', '{l}', '{f}', now())",
        "lock_unlocked('{1}')"}) {
    const std::string plan = plan_of(call);
    EXPECT_THAT(plan, Not(HasSubstr("Seq Scan"))) << plan;
    EXPECT_THAT(plan, Not(HasSubstr("Hash Join"))) << plan;
  }
  EXPECT_THAT(plan_of("claim(1, 20, 'token', 33000, now(), now())"), HasSubstr("Index Scan using outbox_schedule_due"));
  EXPECT_THAT(plan_of("claim(1, 20, 'token', 33000, now(), now())"), Not(HasSubstr("Sort")));
}

}  // namespace
}  // namespace yizhan::store::contract

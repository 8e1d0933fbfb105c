// The schema: made once, by whoever comes first; whole or not at all; never used by an older program.
#include <thread>

#include "actor.h"
#include "inbound_calls.h"
#include "old_store.h"
#include "store/sqlite/schema.h"

namespace yizhan::store::contract {
namespace {

constexpr std::string_view kOldEvent =
    "INSERT INTO cs_platform_event_outbox (id, platform, event_type, callback_target, payload) "
    "VALUES ('old', 'crm', 'a.b', '/hook', '{}')";

const int kNewest = sqlite::newest_schema_version();  ///< on both engines

class Migrating : public testing::TestWithParam<Engine> {
 protected:
  Place place_{GetParam()};

  /// Makes the schema one version newer than this program.
  void outdate_this_program() {
    const std::string table = "yizhan_migrations";
    const std::string columns = GetParam() == Engine::kSqlite ? "(version, applied_at) SELECT max(version) + 1, 'later'"
                                                              : "(version, name) SELECT max(version) + 1, 'later'";
    Node node(place_.url());
    node.sql("INSERT INTO " + table + " " + columns + " FROM " + table);
  }
};

TEST_P(Migrating, BringsAnEmptyStoreToTheNewestVersionOnce) {
  auto factory = open_factory(place_.url());
  EXPECT_EQ(value_of(factory->schema_version()), 0);
  EXPECT_EQ(value_of(factory->migrate()), kNewest);
  EXPECT_EQ(value_of(factory->schema_version()), kNewest);
  EXPECT_EQ(value_of(factory->migrate()), 0);
}

TEST_P(Migrating, TheServiceMigratesByItself) {
  Node node(place_.url());
  EXPECT_EQ(node.ledger().accepted, 0);
}

TEST_P(Migrating, ACommandBesideTheServiceDoesNot) {
  if (GetParam() == Engine::kSqlite) open_factory(place_.url());  // makes the file
  auto tool = open_factory(place_.url(), OpenMode::kTool);
  EXPECT_EQ(code_of(tool->open_reader()), "schema_outdated");
  EXPECT_EQ(code_of(tool->migrate()), "sql_error");
}

TEST_P(Migrating, KeepsWhatIsStored) {
  std::string id;
  {
    Node node(place_.url());
    id = node.accept(node.event()).id;
  }
  EXPECT_EQ(value_of(open_factory(place_.url())->migrate()), 0);
  EXPECT_EQ(Node(place_.url()).status(id), EventStatus::kPending);
}

TEST_P(Migrating, AStoreOfVersionOneGoesOnWithWhatItHolds) {
  make_old_store(GetParam(), place_.url(), 1);
  run_in_old_store(GetParam(), place_.url(), kOldEvent);
  EXPECT_EQ(value_of(open_factory(place_.url())->schema_version()), 1);
  EXPECT_EQ(value_of(open_factory(place_.url())->migrate()), kNewest - 1);
  Node node(place_.url());
  EXPECT_EQ(node.status("old"), EventStatus::kPending);
  EXPECT_EQ(receive(node, callback(node, "k")).verdict, Verdict::kAccepted);
}

TEST_P(Migrating, AStoreOfVersionTwoGoesOnWithWhatItHolds) {
  make_old_store(GetParam(), place_.url(), 2);
  run_in_old_store(GetParam(), place_.url(), kOldEvent);
  run_in_old_store(GetParam(), place_.url(), "INSERT INTO pay_orders (out_trade_no, total_fee) VALUES ('o1', 100)");
  const std::string insert =
      "INSERT INTO inbound_callbacks (received_at, source, event_type, idempotency_key, verdict, reason, effect, "
      "answer_status, duration_us, event_ids, peer_address, target, body_size, headers, body) VALUES (" +
      std::string(GetParam() == Engine::kSqlite ? "1767600000000000" : "'2026-01-05T08:00:00Z'") +
      ", 'shop', 'express.status', '', 'rejected', 'field_missing', 'order_unknown', 400, 1, '', '', '', 2, '', " +
      (GetParam() == Engine::kSqlite ? "CAST('{}' AS BLOB))" : "'{}')");
  run_in_old_store(GetParam(), place_.url(), insert);
  EXPECT_EQ(value_of(open_factory(place_.url())->schema_version()), 2);
  EXPECT_EQ(value_of(open_factory(place_.url())->migrate()), kNewest - 2);
  Node node(place_.url());
  EXPECT_EQ(node.status("old"), EventStatus::kPending);
  EXPECT_EQ(receive(node, payment(node, "n1", "o1", "t1", 100)).effect, EffectResult::kApplied);
  const auto raw = node.sql("SELECT source, raw_text, received_at FROM platform_express_event_raw").rows;
  ASSERT_EQ(raw.size(), 1U);
  EXPECT_EQ(raw[0][0], "shop");
  EXPECT_EQ(raw[0][1], "{}");
  EXPECT_THAT(*raw[0][2], testing::StartsWith("2026-01-05 08:00:00"));

  // What can become of a callback is more than it was, and no less is refused.
  const std::string set = "UPDATE inbound_callbacks SET effect = ";
  node.sql(set + "'waybill_unknown' WHERE source = 'shop'");
  EXPECT_THROW(node.sql(set + "'nonsense' WHERE source = 'shop'"), std::runtime_error);
}

TEST_P(Migrating, AStoreOfVersionThreeGoesOnWithWhatItHolds) {
  make_old_store(GetParam(), place_.url(), 3);
  run_in_old_store(GetParam(), place_.url(), kOldEvent);
  EXPECT_EQ(value_of(open_factory(place_.url())->migrate()), kNewest - 3);
  Node node(place_.url());
  EXPECT_EQ(node.status("old"), EventStatus::kPending);
  EXPECT_EQ(node.ledger().mismatch(), 0);
}

TEST_P(Migrating, AStoreOfVersionSevenHasItsCallbacksFoundBySourceAndType) {
  make_old_store(GetParam(), place_.url(), 7);
  // Some share a block of ids, some do not; the last one stands in the middle of its block.
  const std::vector<std::pair<std::int64_t, std::string>> old{
      {1, "'shop', 'a'"}, {2, "'bank', 'a'"}, {255, "'shop', 'b'"}, {600, "'shop', 'a'"}, {900, "'shop', 'a'"}};
  for (const auto& [id, source_and_type] : old) {
    run_in_old_store(
        GetParam(), place_.url(),
        "INSERT INTO inbound_callbacks (id, source, event_type, received_at, idempotency_key, verdict, reason, effect, "
        "answer_status, duration_us, event_ids, peer_address, target, body_size, headers, body) " +
            std::string(GetParam() == Engine::kSqlite ? "" : "OVERRIDING SYSTEM VALUE ") + "VALUES (" +
            std::to_string(id) + ", " + source_and_type + ", " +
            (GetParam() == Engine::kSqlite ? "1767600000000000" : "'2026-01-05T08:00:00Z'") +
            ", '', 'rejected', '', 'none', 400, 1, '', '', '', 0, '', NULL)");
  }
  if (GetParam() == Engine::kPostgres) {
    run_in_old_store(GetParam(), place_.url(), "SELECT setval('inbound_callbacks_id_seq', 900)");
  }
  EXPECT_EQ(value_of(open_factory(place_.url())->migrate()), kNewest - 7);
  Node node(place_.url());
  ReceiveCall call = callback(node, "k");
  call.callback.event_type = "b";
  EXPECT_EQ(receive(node, call).callback_id, 901);
  const auto found = [&](const CallbackSelection& selection) { return ids_of(list(node, selection)); };
  EXPECT_THAT(found({.source = "shop"}), testing::ElementsAre(901, 900, 600, 255, 1));
  EXPECT_THAT(found({.source = "bank"}), testing::ElementsAre(2));
  EXPECT_THAT(found({.event_type = "a"}), testing::ElementsAre(900, 600, 2, 1));
  EXPECT_THAT(found({.source = "shop", .event_type = "b"}), testing::ElementsAre(901, 255));
}

TEST_P(Migrating, RefusesAStoreOfANewerProgram) {
  outdate_this_program();
  auto factory = open_factory(place_.url());
  EXPECT_EQ(code_of(factory->migrate()), "store_newer");
  EXPECT_EQ(code_of(factory->open_writer()), "store_newer");
  EXPECT_EQ(code_of(factory->open_reader()), "store_newer");
}

TEST_P(Migrating, IsAllOrNothing) {  // fault 5
  ASSERT_TRUE(killed_at("migrate.before_commit", place_.url(), "migrate"));
  auto factory = open_factory(place_.url());
  EXPECT_EQ(value_of(factory->schema_version()), 0);
  EXPECT_GE(value_of(factory->migrate()), kNewest - 2);
  factory.reset();
  EXPECT_EQ(Node(place_.url()).ledger().accepted, 0);
}

YIZHAN_ON_EVERY_ENGINE(Migrating);

TEST(SqliteMigration, ALargeFileOfAnyVersionIsReadAtTheEndsOfItsTrees) {
  for (const int version : {1, 2, 3, 7, kNewest}) {
    const Place place(Engine::kSqlite);
    if (version < kNewest) {
      make_old_store(Engine::kSqlite, place.url(), version);
    } else {
      value_of(open_factory(place.url())->migrate());
    }
    const std::string path = parse_store_url(place.url())->text;
    auto connection = value_of(sqlite::Connection::open(path, sqlite::ConnectionRole::kReader));
    EXPECT_EQ(value_of(sqlite::schema_version(connection)), version);
    EXPECT_EQ(code_of(sqlite::check_file(connection, path, 0)), "ok") << version;
  }
}

TEST(PostgresMigration, NodesThatStartAtOnceTakeTurns) {
  const Place place(Engine::kPostgres);
  std::vector<int> steps(8, -1);
  std::vector<std::thread> nodes;
  for (int& taken : steps) {
    nodes.emplace_back([&taken, &place] {
      if (const auto done = open_factory(place.url())->migrate()) taken = *done;
    });
  }
  for (std::thread& node : nodes) node.join();
  std::ranges::sort(steps);
  EXPECT_EQ(steps.front(), 0);
  EXPECT_EQ(steps[6], 0);
  EXPECT_GE(steps[7], 1);
  EXPECT_EQ(Node(place.url()).ledger().accepted, 0);
}

}  // namespace
}  // namespace yizhan::store::contract

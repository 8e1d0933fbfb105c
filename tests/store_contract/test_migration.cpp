// The schema: made once, by whoever comes first; whole or not at all; never used by an older program.
#include <thread>

#include "actor.h"
#include "inbound_calls.h"

namespace yizhan::store::contract {
namespace {

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
  const int steps = value_of(factory->migrate());
  EXPECT_GE(steps, 1);
  EXPECT_EQ(value_of(factory->schema_version()), steps);
  EXPECT_EQ(value_of(factory->migrate()), 0);
}

TEST_P(Migrating, TheServiceMigratesByItself) {
  Node node(place_.url());
  EXPECT_EQ(node.ledger().accepted, 0);
}

TEST_P(Migrating, ACommandBesideTheServiceDoesNot) {
  if (GetParam() == Engine::kSqlite) open_factory(place_.url());  // makes the file
  auto tool = open_factory(place_.url(), OpenMode::kTool);
  EXPECT_EQ(code_of(tool->open_reader()), "store_unavailable");
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
  std::string id;
  {
    Node node(place_.url());
    id = node.accept(node.event()).id;
    std::vector<std::string> tables{"inbound_callbacks", "callback_keys", "pay_orders", "pay_refunds"};
    if (GetParam() == Engine::kSqlite) {
      tables.insert(tables.end(), {"callback_lookup", "callback_lookup_state", "inbound_minutes"});
    } else {
      tables.push_back("inbound_idempotency");
    }
    for (const std::string& table : tables) node.sql("DROP TABLE " + table);
    if (GetParam() == Engine::kPostgres) {
      node.sql("DROP FUNCTION inbound_callbacks_delete, inbound_callbacks_truncate");
    }
    node.sql("DELETE FROM yizhan_migrations WHERE version = 2");
  }
  EXPECT_EQ(value_of(open_factory(place_.url())->schema_version()), 1);
  EXPECT_EQ(value_of(open_factory(place_.url())->migrate()), 1);
  Node node(place_.url());
  EXPECT_EQ(node.status(id), EventStatus::kPending);
  EXPECT_EQ(receive(node, callback(node, "k")).verdict, Verdict::kAccepted);
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
  EXPECT_GE(value_of(factory->migrate()), 1);
  factory.reset();
  EXPECT_EQ(Node(place_.url()).ledger().accepted, 0);
}

YIZHAN_ON_EVERY_ENGINE(Migrating);

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

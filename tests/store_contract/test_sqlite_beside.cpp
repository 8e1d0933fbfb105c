// One process serves an embedded file; commands beside it look and edit.
#include <unistd.h>

#include <filesystem>

#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

using testing::HasSubstr;

TEST(SqliteBeside, ASecondServiceIsRefusedWithTheFirstOnesPid) {  // fault 45
  const Place place(Engine::kSqlite);
  const Node node(place.url());
  const auto second = open_store(*parse_store_url(place.url()), OpenMode::kServe);
  ASSERT_EQ(code_of(second), "store_locked");
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(::getpid())));
}

TEST(SqliteBeside, ACommandEditsWhileTheServiceWrites) {  // fault 18
  const Place place(Engine::kSqlite);
  Node node(place.url());
  const std::string edited = node.accept(node.event()).id;
  const ClaimedEvent in_flight = node.claim_one();
  auto tool = open_factory(place.url(), OpenMode::kTool);
  auto shell = value_of(tool->open_reader());
  value_of(shell->sql("UPDATE cs_platform_event_outbox SET status = 'discarded', last_error = 'by hand' WHERE id = '" +
                      edited + "'"));
  EXPECT_EQ(node.deliver(in_flight), RecordReply::kLeaseLost);
  EXPECT_EQ(node.status(edited), EventStatus::kDiscarded);
  const std::string later = node.accept(node.event()).id;
  EXPECT_TRUE(value_of(shell->find_event(later, false)).has_value());
  auto writer = value_of(tool->open_writer());
  Selection all;
  EXPECT_EQ(value_of(writer->discard(all, 10, "by command", node.now)), 1);
  EXPECT_EQ(node.status(later), EventStatus::kDiscarded);
  EXPECT_EQ(node.ledger().discarded, 2);
}

TEST(SqliteBeside, ALongLogIsMovedBeforeAnybodyIsServed) {
  const Place place(Engine::kSqlite);
  {
    const Node service(place.url());
  }
  const std::string path(place.url().substr(std::string_view("sqlite:").size()));
  value_of(value_of(open_factory(place.url(), OpenMode::kTool)->open_reader())
               ->sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70) "
                     "INSERT INTO cs_platform_event_outbox (platform, event_type, payload) "
                     "SELECT 'crm', 'a.b', zeroblob(1048576) FROM n"));
  ASSERT_GT(std::filesystem::file_size(path + "-wal"), 70u << 20);
  ASSERT_LT(std::filesystem::file_size(path), 70u << 20);
  const Node service(place.url());
  EXPECT_GT(std::filesystem::file_size(path), 70u << 20);
}

TEST(SqliteBeside, TheServiceHasOneWriter) {
  const Place place(Engine::kSqlite);
  Node node(place.url());
  EXPECT_EQ(code_of(node.factory().open_writer()), "store_locked");
  node.reopen();
  EXPECT_EQ(node.ledger().accepted, 0);
}

}  // namespace
}  // namespace yizhan::store::contract

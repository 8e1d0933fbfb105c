// What an operator is told of a schema that needs mending, before and after the migration.
#include <fmt/format.h>

#include "contract_test.h"
#include "old_store.h"
#include "push_calls.h"
#include "store/postgres/schema.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<SchemaFinding> examine(const Place& place) {
  const auto factory = open_factory(place.url(), OpenMode::kExamine);
  return value_of(value_of(factory->open_reader())->check_express_schema());
}

std::vector<std::string> codes(const std::vector<SchemaFinding>& findings) {
  std::vector<std::string> found;
  for (const SchemaFinding& finding : findings) found.push_back(finding.code + (finding.mended_by_migrate ? "" : "!"));
  return found;
}

class ExpressSchema : public Contract {};

TEST_P(ExpressSchema, OfOursNeedsNoMending) {
  EXPECT_THAT(value_of(node_.store().check_express_schema()), IsEmpty());
  EXPECT_THAT(value_of(node_.shell().check_express_schema()), IsEmpty());
}

TEST_P(ExpressSchema, ThatSomebodyHasSpoiledIsMendedByHand) {
  node_.sql("DROP INDEX ux_express_notifications_message_id");
  auto found = value_of(node_.store().check_express_schema());
  ASSERT_THAT(codes(found), ElementsAre("message_id_index_missing!"));
  EXPECT_EQ(code_of(node_.store().add_notification(notification("m1"), node_.now)), "sql_error");

  node_.sql("CREATE UNIQUE INDEX own ON express_notifications (message_id) WHERE message_id IS NOT NULL");
  found = value_of(node_.store().check_express_schema());
  ASSERT_THAT(codes(found), ElementsAre("message_id_index_partial!"));
  EXPECT_THAT(found[0].evidence, HasSubstr("own"));
  node_.sql("DROP INDEX own");
  node_.sql(
      "INSERT INTO express_notifications (message_id, aud, recipient_id) VALUES ('m1', 'user', 'u'), "
      "('m1', 'user', 'u')");
  found = value_of(node_.store().check_express_schema());
  ASSERT_THAT(codes(found), ElementsAre("message_id_index_missing!", "message_id_duplicates!"));
  EXPECT_THAT(found[1].evidence, HasSubstr("such as m1"));
  node_.sql("DELETE FROM express_notifications");
  node_.sql(found[0].mend);
  EXPECT_THAT(value_of(node_.store().check_express_schema()), IsEmpty());
}

YIZHAN_ON_EVERY_ENGINE(ExpressSchema);

class PostgresExpressSchema : public testing::Test {
 protected:
  void run(std::string_view text) { run_in_old_store(Engine::kPostgres, place_.url(), text); }
  Place place_{Engine::kPostgres};
};

TEST_F(PostgresExpressSchema, IsExaminedBeforeThereIsOne) {
  EXPECT_THAT(examine(place_), IsEmpty());
}

TEST_F(PostgresExpressSchema, OfTheSystemBeforeIsExaminedAsItIs) {
  run("CREATE TABLE express_notifications (id uuid PRIMARY KEY, message_id text, aud text, recipient_id uuid, "
      "channel text NOT NULL);"
      "CREATE UNIQUE INDEX ux_express_notifications_message_id ON express_notifications (message_id) WHERE aud = 'x';"
      "INSERT INTO express_notifications (id, message_id, channel) SELECT gen_random_uuid(), 'm1', 'c' FROM "
      "generate_series(1, 2);"
      "CREATE TABLE push_devices (id text PRIMARY KEY, appid text, cid text UNIQUE);"
      "CREATE VIEW shown AS SELECT recipient_id FROM express_notifications");
  const auto found = examine(place_);
  EXPECT_THAT(codes(found), ElementsAre("message_id_index_partial", "message_id_duplicates", "device_cid_unique",
                                        "column_type", "column_type_held!", "column_required!"));
  EXPECT_THAT(found[0].evidence, HasSubstr("WHERE (aud = 'x'::text)"));
  EXPECT_THAT(found[1].evidence, HasSubstr("1 of (message_id)"));
  EXPECT_EQ(found[3].evidence, "express_notifications.id is uuid");
  EXPECT_THAT(found[4].evidence, HasSubstr("which the view shown prevents"));
  EXPECT_EQ(found[4].mend, "DROP VIEW shown");

  // As it says: what is not mended by the migration keeps it from running.
  EXPECT_EQ(code_of(open_factory(place_.url())->migrate()), "sql_error");
  for (const SchemaFinding& finding : found) {
    if (!finding.mended_by_migrate) run(finding.mend);
  }
  EXPECT_EQ(value_of(open_factory(place_.url())->migrate()), postgres::newest_schema());
  EXPECT_THAT(examine(place_), IsEmpty());
}

TEST_F(PostgresExpressSchema, TellsOfDevicesThatSomebodyHasToDecideOn) {
  run("CREATE TABLE push_devices (id text PRIMARY KEY, appid text NOT NULL, cid text NOT NULL);"
      "INSERT INTO push_devices VALUES ('1', 'a', 'c'), ('2', 'a', 'c')");
  const auto found = examine(place_);
  EXPECT_THAT(codes(found), ElementsAre("device_duplicates!"));
  EXPECT_THAT(found.at(0).mend, HasSubstr("SELECT * FROM push_devices WHERE cid = 'c'"));
}

}  // namespace
}  // namespace yizhan::store::contract

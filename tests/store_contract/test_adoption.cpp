// A PostgreSQL database that the services before this one used: their tables become ours in place, with all they hold;
// or nothing is changed, and what stands in the way is told with the statements that mend it.
#include <algorithm>
#include <regex>
#include <set>
#include <thread>

#include "express_calls.h"
#include "old_store.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Much like it: uuids, columns missing, types of their own, indexes that ON CONFLICT does not find.
constexpr std::string_view kSeedTables = R"sql(
CREATE TABLE ml_orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL, merchant_id uuid,
  total numeric NOT NULL);
ALTER TABLE ml_orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_orders ON ml_orders USING (user_id::text = current_user);
CREATE TYPE order_kind AS ENUM ('a', 'b');
CREATE TABLE platform_express_waybills (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tracking_no varchar(40) NOT NULL,
  order_id uuid, carrier_code text NOT NULL DEFAULT '', kind order_kind, created_at timestamptz DEFAULT now());
CREATE TABLE platform_express_tracking_events (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), waybill_id uuid,
  status_code text NOT NULL, event_time timestamp, created_at timestamptz DEFAULT now());
CREATE TABLE notify_queue (id bigserial PRIMARY KEY, tracking_event_id uuid NOT NULL,
  process_status text DEFAULT 'new', processed_at timestamptz, last_error text);
CREATE TABLE express_notifications (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), message_id text NOT NULL,
  aud text NOT NULL, recipient_id uuid NOT NULL, event_text_safe text NOT NULL, title text, body text, content text,
  status_code text, send_status text, last_error text, created_at timestamptz NOT NULL DEFAULT now());
CREATE UNIQUE INDEX ux_express_notifications_message_id ON express_notifications (message_id)
  WHERE send_status = 'sent';
CREATE TABLE push_devices (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), cid text NOT NULL UNIQUE, user_id uuid,
  merchant_id uuid, platform text, appid text, is_active boolean DEFAULT true, last_seen_at timestamptz,
  updated_at timestamptz);
CREATE UNIQUE INDEX active_devices ON push_devices (appid, cid) WHERE is_active;
)sql";

constexpr std::string_view kUser = "0b7c5f6e-1111-4a6b-9d4e-000000000001";
constexpr std::string_view kOrder = "0b7c5f6e-2222-4a6b-9d4e-000000000001";

constexpr std::string_view kSeedRows = R"sql(
INSERT INTO ml_orders (id, user_id, total) VALUES ('0b7c5f6e-2222-4a6b-9d4e-000000000001',
  '0b7c5f6e-1111-4a6b-9d4e-000000000001', 12.5);
INSERT INTO platform_express_waybills (tracking_no, order_id) VALUES ('YT1', '0b7c5f6e-2222-4a6b-9d4e-000000000001');
INSERT INTO platform_express_tracking_events (status_code, event_time) VALUES ('3', '2026-01-01 08:00:00');
INSERT INTO notify_queue (tracking_event_id, process_status) SELECT id, 'queued' FROM platform_express_tracking_events;
INSERT INTO express_notifications (message_id, aud, recipient_id, event_text_safe, send_status, last_error, created_at)
  SELECT message_id, 'user', '0b7c5f6e-1111-4a6b-9d4e-000000000001', text, send_status, last_error, created_at::timestamptz
  FROM (VALUES ('m1', 'old', 'success', NULL, '2026-01-01Z'), ('m1', 'waiting', NULL, NULL, '2026-01-02Z'),
               ('m1', 'failed', 'failed', 'no route', '2026-01-03Z'), ('m2', 'first', NULL, NULL, '2026-01-04Z'),
               ('m2', 'second', NULL, NULL, '2026-01-05Z'), ('m3', 'alone', NULL, NULL, '2026-01-06Z'),
               ('m4', 'odd', 'sent-by-hand', NULL, '2026-01-07Z'))
       AS n (message_id, text, send_status, last_error, created_at);
INSERT INTO push_devices (cid, user_id) VALUES ('c1', '0b7c5f6e-1111-4a6b-9d4e-000000000001');
)sql";

class PostgresAdoption : public testing::Test {
 protected:
  PostgresAdoption() { run(kSeedTables); }

  void run(std::string_view text) { run_in_old_store(Engine::kPostgres, place_.url(), text); }
  Result<int> migrate() { return open_factory(place_.url())->migrate(); }
  std::vector<std::vector<std::optional<std::string>>> rows(std::string_view query) {
    auto tool = open_factory(place_.url(), OpenMode::kTool);
    return value_of(value_of(tool->open_reader())->sql(query)).back().rows;
  }
  /// `name type` of a table's columns.
  static std::vector<std::string> columns(const std::string& url, const std::string& table) {
    auto tool = open_factory(url, OpenMode::kTool);
    const auto described =
        value_of(value_of(tool->open_reader())
                     ->sql("SELECT column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema "
                           "= current_schema() AND table_name = '" +
                           table + "' ORDER BY 1"));
    std::vector<std::string> found;
    for (const auto& row : described.back().rows) found.push_back(*row[0]);
    return found;
  }

  Place place_{Engine::kPostgres};
};

TEST_F(PostgresAdoption, WhatTheTablesHoldStays) {
  run(kSeedRows);
  ASSERT_GE(value_of(migrate()), 3);
  EXPECT_EQ(value_of(migrate()), 0);

  EXPECT_EQ(rows("SELECT order_id FROM platform_express_waybills WHERE tracking_no = 'YT1'")[0][0], kOrder);
  EXPECT_EQ(rows("SELECT event_time FROM platform_express_tracking_events WHERE event_key LIKE 'row:%'")[0][0],
            "2026-01-01 08:00:00+00");
  EXPECT_EQ(rows("SELECT q.process_status FROM notify_queue AS q JOIN platform_express_tracking_events AS e "
                 "ON e.id = q.tracking_event_id")[0][0],
            "queued");
  EXPECT_EQ(rows("SELECT user_id FROM push_devices WHERE cid = 'c1' AND appid = 'default'")[0][0], kUser);
  EXPECT_EQ(rows("SELECT pg_typeof(id)::text, pg_typeof(user_id)::text FROM ml_orders")[0],
            (std::vector<std::optional<std::string>>{"uuid", "uuid"}))
      << "somebody else's table";

  Node node(place_.url());
  EXPECT_EQ(node.sql("INSERT INTO notify_queue (tracking_event_id) VALUES ('e') RETURNING process_status").rows[0][0],
            std::nullopt)
      << "a new row waits";
}

TEST_F(PostgresAdoption, OfSeveralWithOneMessageIdTheFurthestKeepsIt) {
  run(kSeedRows);
  ASSERT_GE(value_of(migrate()), 3);
  const auto found = rows(
      "SELECT event_text_safe, message_id, send_status, next_attempt_at IS NOT NULL, last_error LIKE 'no route; %' "
      "FROM express_notifications ORDER BY created_at");
  std::vector<std::string> told;
  for (const auto& row : found) {
    told.push_back(*row[0] + ' ' + row[1].value_or("-") + ' ' + row[2].value_or("-") + ' ' + *row[3]);
  }
  EXPECT_THAT(told, ElementsAre("old m1 success f", "waiting - failed f", "failed - failed f", "first - failed f",
                                "second m2 - t", "alone m3 - t", "odd m4 sent-by-hand f"));
  EXPECT_EQ(found[2][4], "t") << "what it said before stays";
  EXPECT_EQ(rows("SELECT count(*) FROM express_notifications AS d JOIN express_notifications AS k "
                 "ON d.last_error LIKE '%duplicate of ' || k.id || ', which keeps the message_id ' || k.message_id "
                 "WHERE d.message_id IS NULL")[0][0],
            "3");
  Node node(place_.url());
  EXPECT_THROW(node.sql("INSERT INTO express_notifications (message_id, aud, recipient_id, event_text_safe) "
                        "VALUES ('m4', 'user', 'u', 't')"),
               std::runtime_error);
}

TEST_F(PostgresAdoption, TheTablesBecomeThoseOfANewDatabase) {
  ASSERT_GE(value_of(migrate()), 3);
  const Place fresh(Engine::kPostgres);
  ASSERT_GE(value_of(open_factory(fresh.url())->migrate()), 3);
  for (const char* table : {"platform_express_waybills", "platform_express_tracking_events", "notify_queue",
                            "express_notifications", "push_devices"}) {
    const auto adopted = columns(place_.url(), table);
    const auto wanted = columns(fresh.url(), table);
    ASSERT_FALSE(wanted.empty());
    std::vector<std::string> lacking;
    std::ranges::set_difference(wanted, adopted, std::back_inserter(lacking));
    EXPECT_THAT(lacking, testing::IsEmpty()) << table;
  }
  // The least that a row of each needs, and what makes one unique.
  Node node(place_.url());
  node.sql("INSERT INTO platform_express_waybills (tracking_no) VALUES ('A')");
  node.sql(
      "INSERT INTO platform_express_tracking_events (tracking_no, event_key, status_code, event_time) "
      "VALUES ('A', 'k', 'X', now())");
  node.sql("INSERT INTO push_devices (appid, cid) VALUES ('a', 'c'), ('b', 'c')");
  EXPECT_THROW(node.sql("INSERT INTO platform_express_waybills (tracking_no) VALUES ('A')"), std::runtime_error);
  EXPECT_THROW(node.sql("INSERT INTO platform_express_tracking_events (tracking_no, event_key, status_code, "
                        "event_time) VALUES ('A', 'k', 'X', now())"),
               std::runtime_error);
  EXPECT_THROW(node.sql("INSERT INTO push_devices (appid, cid) VALUES ('a', 'c')"), std::runtime_error);
  EXPECT_EQ(node.sql("SELECT count(*) FROM push_devices WHERE length(id) = 36 AND is_active").rows[0][0], "2");
}

TEST_F(PostgresAdoption, CallbacksFindTheParcels) {
  run(kSeedRows);
  Node node(place_.url());
  EXPECT_EQ(receive(node, express(node, "k1", {step("YT1", "IN_TRANSIT", node.now)})).effect, EffectResult::kApplied);
  EXPECT_EQ(node.sql("SELECT status_code FROM platform_express_waybills").rows[0][0], "IN_TRANSIT");
  EXPECT_EQ(node.sql("SELECT count(*) FROM notify_queue WHERE process_status IS NULL").rows[0][0], "1");
}

TEST_F(PostgresAdoption, WhatStandsInTheWayIsToldAtOnceWithItsMend) {
  run(kSeedRows);
  run(R"sql(
ALTER TABLE platform_express_waybills ADD CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES ml_orders (id);
CREATE POLICY own_devices ON push_devices USING (user_id::text = current_user);
CREATE VIEW device_owners AS SELECT id, user_id FROM push_devices;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER noted AFTER UPDATE OF recipient_id ON express_notifications FOR EACH ROW EXECUTE FUNCTION noted();
CREATE FUNCTION queued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO notify_queue (tracking_event_id) VALUES (NEW.id);
  RETURN NEW;
END $$;
CREATE TRIGGER queued AFTER INSERT ON platform_express_tracking_events FOR EACH ROW EXECUTE FUNCTION queued();
ALTER TABLE platform_express_tracking_events ADD source text NOT NULL DEFAULT '';
ALTER TABLE platform_express_tracking_events ALTER source DROP DEFAULT;
)sql");
  const auto refused = migrate();
  ASSERT_EQ(code_of(refused), "sql_error");
  const std::string message = refused.error().message;
  EXPECT_THAT(message, HasSubstr("platform_express_waybills.order_id is uuid"));
  EXPECT_THAT(message, HasSubstr("foreign key of_order"));
  EXPECT_THAT(message, HasSubstr("policy own_devices of push_devices"));
  EXPECT_THAT(message, HasSubstr("view device_owners"));
  EXPECT_THAT(message, HasSubstr("trigger noted of express_notifications"));
  EXPECT_THAT(message, HasSubstr("platform_express_tracking_events.source must not be empty"));
  EXPECT_THAT(message, HasSubstr("trigger queued of platform_express_tracking_events"));
  EXPECT_THAT(message, HasSubstr("`yizhan migrate`"));
  EXPECT_EQ(value_of(open_factory(place_.url())->schema_version()), 0) << "nothing was changed";
  EXPECT_EQ(code_of(migrate()), "sql_error");

  // The statements as they are told, once each.
  const std::regex statement("\\(((?:ALTER|DROP) [^()]+)\\)");
  std::set<std::string> mends;
  for (std::sregex_iterator each(message.begin(), message.end(), statement), end; each != end; ++each) {
    mends.insert((*each)[1]);
  }
  EXPECT_EQ(mends.size(), 6U) << message;
  for (const std::string& mend : mends) run(mend);
  EXPECT_GE(value_of(migrate()), 3);
}

TEST_F(PostgresAdoption, DuplicatesThatSomebodyHasToDecideOnAreTold) {
  run(kSeedRows);
  run("INSERT INTO platform_express_waybills (tracking_no) VALUES ('YT1')");
  const auto waybills = migrate();
  ASSERT_EQ(code_of(waybills), "sql_error");
  EXPECT_THAT(waybills.error().message,
              HasSubstr("platform_express_waybills has 1 tracking numbers more than once, such as 'YT1'"));
  run("DELETE FROM platform_express_waybills WHERE order_id IS NULL");

  run("ALTER TABLE push_devices DROP CONSTRAINT push_devices_cid_key; DROP INDEX active_devices");
  run("INSERT INTO push_devices (cid) VALUES ('c1')");
  const auto devices = migrate();
  ASSERT_EQ(code_of(devices), "sql_error");
  EXPECT_THAT(devices.error().message, HasSubstr("push_devices has 1 devices more than once, such as cid 'c1'"));
  run("DELETE FROM push_devices WHERE user_id IS NULL");
  EXPECT_GE(value_of(migrate()), 3);
}

TEST_F(PostgresAdoption, ATableThatIsNoneIsNotAdopted) {
  run("DROP TABLE notify_queue; CREATE VIEW notify_queue AS SELECT 1 AS id");
  const auto refused = migrate();
  ASSERT_EQ(code_of(refused), "sql_error");
  EXPECT_THAT(refused.error().message, HasSubstr("notify_queue is there already"));
}

TEST_F(PostgresAdoption, TheRawTableOfTheSeedStaysWhatItIs) {
  run("CREATE TABLE platform_express_event_raw (id bigserial PRIMARY KEY, raw_text text)");
  run("INSERT INTO platform_express_event_raw (raw_text) VALUES ('kept')");
  ASSERT_GE(value_of(migrate()), 3);
  EXPECT_EQ(rows("SELECT raw_text FROM platform_express_event_raw")[0][0], "kept");
}

TEST_F(PostgresAdoption, NodesThatStartAtOnceAdoptOnce) {
  run(kSeedRows);
  std::vector<int> steps(6, -1);
  std::vector<std::thread> nodes;
  for (int& taken : steps) {
    nodes.emplace_back([&taken, this] {
      if (const auto done = migrate()) taken = *done;
    });
  }
  for (std::thread& node : nodes) node.join();
  std::ranges::sort(steps);
  EXPECT_EQ(steps.front(), 0);
  EXPECT_EQ(steps[4], 0);
  EXPECT_GE(steps[5], 3);
  EXPECT_EQ(rows("SELECT count(*) FROM express_notifications WHERE message_id IS NULL")[0][0], "3");
}

}  // namespace
}  // namespace yizhan::store::contract

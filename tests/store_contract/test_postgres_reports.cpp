// How PostgreSQL makes reports of a large store: beside live traffic, which has the other processors.
#include <string>

#include "contract_test.h"
#include "postgres_cluster.h"
#include "store/ledger_sql.h"
#include "store/postgres/connection.h"
#include "store/postgres/postgres_session.h"

namespace yizhan::store::contract {
namespace {

using testing::HasSubstr;
using testing::Not;

/// 200,000 events that were delivered, one a millisecond from the fifth of January 2026 on. The planner knows nothing
/// of them yet.
class PostgresReports : public testing::Test {
 protected:
  PostgresReports() {
    node_.sql(
        "INSERT INTO outbox_events (sequence, created_at, id, platform, event_type, callback_target, payload, "
        "correlation, order_key, traceparent) SELECT n, timestamptz '2026-01-05Z' + n * interval '1 ms', 'e' || n, "
        "'crm', 'a.b', '', '', '', '', '' FROM generate_series(1, 200000) AS n");
    node_.sql("INSERT INTO outbox_delivered SELECT sequence, created_at, 1 FROM outbox_events");
  }
  std::string plan_of(const Query& query) {
    std::string plan;
    auto connection = postgres::Connection::open(place_.url(), postgres::Connection::Purpose::kReader).value();
    postgres::PostgresSession statements(connection);
    statements.send("EXPLAIN " + query.text, {query.parameters.begin(), query.parameters.end()},
                    [&](const SqlRow& row) { plan += text_of(row, 0) + "\n"; });
    EXPECT_TRUE(statements.finish());
    return plan;
  }

  Place place_{Engine::kPostgres};
  Node node_{place_.url()};
};

TEST_F(PostgresReports, CountAMinuteWithoutReadingEveryStateOnRecord) {
  node_.sql("ANALYZE");
  const UtcTime from{std::chrono::sys_days{std::chrono::January / 5 / 2026} + std::chrono::minutes{1}};
  const LedgerRange minute{.created_from = from, .created_until = from + std::chrono::minutes{1}};
  EXPECT_EQ(value_of(node_.store().ledger(minute, true)).total().delivered, 60'000);
  const std::string plan = plan_of(ledger_query(postgres::postgres_dialect(), minute, true));
  EXPECT_THAT(plan, HasSubstr("outbox_delivered_pkey"));
  EXPECT_THAT(plan, Not(HasSubstr("Seq Scan on outbox_delivered")));
}

TEST_F(PostgresReports, CountAPieceWithoutReadingAllThatFollows) {
  const LedgerCount count{.piece = 5'000, .after = 20'000, .until = 200'000};
  EXPECT_THAT(plan_of(ledger_piece_query(postgres::postgres_dialect(), count)),
              HasSubstr("Index Scan using outbox_events_pkey on outbox_events"));
}

TEST_F(PostgresReports, HaveOneProcessor) {
  EXPECT_EQ(node_.sql("SHOW max_parallel_workers_per_gather").rows.at(0).at(0), "0");
}

}  // namespace
}  // namespace yizhan::store::contract

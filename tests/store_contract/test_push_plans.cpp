// However many devices and notifications there are, what is done for one event goes through an index.
#include <fmt/format.h>

#include "push_calls.h"

namespace yizhan::store::contract {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PushPlans : public PushContract {
 protected:
  std::string plan(const std::string& statement) {
    const bool is_sqlite = GetParam() == Engine::kSqlite;
    std::string lines;
    for (const auto& row : node_.sql((is_sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") + statement).rows) {
      lines += *row.back() + "\n";
    }
    return lines;
  }
  /// No table is read from one end to the other, and `index` is gone through.
  void expect_index(const std::string& statement, const std::string& index) {
    const std::string found = plan(statement);
    EXPECT_THAT(found, HasSubstr(index)) << statement;
    EXPECT_THAT(found,
                AllOf(Not(HasSubstr("Seq Scan")), Not(HasSubstr("SCAN push_")), Not(HasSubstr("SCAN d\n")),
                      Not(HasSubstr("SCAN n\n")), Not(HasSubstr("SCAN express_")), Not(HasSubstr("SCAN notify_"))))
        << statement;
  }
  void fill() {
    const bool is_sqlite = GetParam() == Engine::kSqlite;
    const std::string numbers = is_sqlite
                                    ? "(WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
                                      "WHERE n < 20000) SELECT n FROM numbers)"
                                    : "(SELECT generate_series(1, 20000) AS n)";
    node_.sql("INSERT INTO push_devices (cid, user_id, merchant_id) SELECT 'c' || n, 'u' || n, 'm' || n FROM " +
              numbers + " AS numbers");
    node_.sql(
        "INSERT INTO express_notifications (message_id, aud, recipient_id, tracking_no, send_status, "
        "next_attempt_at) SELECT 'm' || n, 'user', 'u' || n, 'SF' || n, 'success', NULL FROM " +
        numbers + " AS numbers");
    node_.sql("INSERT INTO notify_queue (tracking_event_id, process_status) SELECT 'e' || n, 'queued' FROM " + numbers +
              " AS numbers");
    node_.sql(
        "INSERT INTO push_deliveries (notification_id, appid, cid, sequence, event_id, updated_at) SELECT 'n' || n, "
        "'default', 'c' || n, n, 'e' || n, '2026-01-01' FROM " +
        numbers + " AS numbers");
    node_.sql("ANALYZE");
  }
};

TEST_P(PushPlans, GoThroughAnIndex) {
  fill();
  const std::string devices =
      "SELECT d.cid FROM push_devices AS d LEFT JOIN push_deliveries AS p ON p.notification_id = 'n' AND p.appid = "
      "d.appid AND p.cid = d.cid WHERE d.{} = 'x' AND d.is_active AND (d.appid, d.cid) > ('', '') ORDER BY d.appid, "
      "d.cid LIMIT 10";
  expect_index(fmt::format(fmt::runtime(devices), "user_id"), "push_devices_user");
  expect_index(fmt::format(fmt::runtime(devices), "merchant_id"), "push_devices_merchant");
  expect_index("SELECT * FROM push_devices WHERE appid = 'default' AND cid = 'c7'", "push_devices_");
  expect_index("SELECT * FROM push_devices WHERE cid = 'c7'", "push_devices_cid");
  expect_index(
      "SELECT * FROM express_notifications AS n WHERE n.next_attempt_at IS NOT NULL AND n.next_attempt_at <= "
      "'2026-01-01' ORDER BY n.next_attempt_at, n.id LIMIT 10",
      "express_notifications_due");
  expect_index(
      "SELECT n.id FROM express_notifications AS n " +
          std::string(GetParam() == Engine::kSqlite ? "INDEXED BY express_notifications_waiting " : "") +
          "WHERE n.recipient_id = 'u7' AND n.aud = 'user' AND n.waits_until IS NOT NULL AND n.send_status IS NULL",
      "express_notifications_waiting");
  expect_index("SELECT n.id FROM express_notifications AS n WHERE n.recipient_id = 'u7' AND n.tracking_no = 'SF7'",
               "express_notifications_");
  expect_index("SELECT n.id FROM express_notifications AS n WHERE n.message_id = 'm7'",
               "ux_express_notifications_message_id");
  expect_index(
      "SELECT q.id FROM notify_queue AS q WHERE q.process_status IS NULL AND q.next_attempt_at <= '2026-01-01' "
      "ORDER BY q.next_attempt_at, q.id LIMIT 10",
      "notify_queue_due");
  expect_index(
      "SELECT n.id FROM push_deliveries AS d JOIN express_notifications AS n ON n.id = d.notification_id" +
          std::string(GetParam() == Engine::kPostgres ? " COLLATE \"default\"" : "") + " WHERE d.sequence = 7",
      GetParam() == Engine::kPostgres ? "express_notifications_pkey" : "sqlite_autoindex_express_notifications");
}

YIZHAN_ON_EVERY_ENGINE(PushPlans);

}  // namespace
}  // namespace yizhan::store::contract

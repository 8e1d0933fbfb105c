// The runbook's SQL, typed into a plain sqlite3 beside the running store, and through Store::sql as it is written.
#include "sqlite_fixture.h"

namespace yizhan::store {
namespace {

class SqliteRunbook : public SqliteFixture {
 protected:
  /// An event that was tried once and is a dead letter.
  std::string dead_letter() {
    const Accepted accepted = accept(new_event());
    const ClaimReply claimed = claim(1);
    EXPECT_EQ(record(accepted.sequence, claimed.events.at(0).lease_token, EventStatus::kDeadLetter),
              RecordReply::kRecorded);
    return accepted.id;
  }

  SqlResult sql(const std::string& text) {
    auto results = store_->sql(text);
    EXPECT_TRUE(results) << results.error().message;
    return results && !results->empty() ? results->back() : SqlResult{};
  }
};

constexpr const char* kColumns =
    "id|platform|event_type|callback_target|payload|status|attempt_count|next_attempt_at|last_error|created_at|updated_"
    "at|"
    "idempotency_key|correlation|order_key|traceparent|lease_token|lease_expires_at";

TEST_F(SqliteRunbook, TheViewShowsTheSeedsColumnsInOrder) {
  std::string columns;
  for (const std::string& name :
       PlainSqlite(path()).run("SELECT name FROM pragma_table_info('cs_platform_event_outbox')")) {
    columns += (columns.empty() ? "" : "|") + name;
  }
  EXPECT_EQ(columns, kColumns);
}

TEST_F(SqliteRunbook, AnInsertOfTheRunbooksColumnsIsPickedUp) {
  PlainSqlite shell(path());
  EXPECT_TRUE(shell
                  .run("INSERT INTO cs_platform_event_outbox (platform, event_type, payload) "
                       "VALUES ('demo', 'order.paid', '{\"n\":1}'), ('demo', 'order.paid', 'caf\xc3\xa9')")
                  .empty());
  now_ = utc_now() + Seconds{1};
  WriteBatch batch;
  batch.claims.push_back({.endpoint_key = kUnrouted, .limit = 10, .lease_token = token(), .lease = Seconds{30}});
  const WriteReply reply = write(std::move(batch));
  ASSERT_EQ(reply.claims.at(0).events.size(), 2u);
  const ClaimedEvent& first = reply.claims[0].events[0];
  EXPECT_EQ(first.event.payload, "{\"n\":1}");
  EXPECT_EQ(first.event.callback_target, "");
  EXPECT_EQ(first.attempt_count, 0);
  EXPECT_EQ(first.status, EventStatus::kPending);
  EXPECT_EQ(first.event.id.size(), 36u);
  EXPECT_EQ(first.event.id[14], '7');
  EXPECT_LT(std::chrono::abs(first.event.created_at - utc_now()), Seconds{10});
  EXPECT_EQ(reply.claims[0].events[1].event.payload, "caf\xc3\xa9");
  EXPECT_TRUE(broken_events().empty());
}

TEST_F(SqliteRunbook, AnInsertTakesEveryColumnAndEveryFormOfTime) {
  PlainSqlite shell(path());
  EXPECT_TRUE(
      shell
          .run("INSERT INTO cs_platform_event_outbox VALUES ('e1', 'demo', 't', '/x', 'p', 'retrying', 3, "
               "'2026-01-01 00:00:00.999999', 'boom', '2026-01-01T08:00:00+08:00', '2026-01-01 00:00', 'key', 'c', "
               "'', 'tp', NULL, NULL)")
          .empty());
  const EventView event = find("e1");
  EXPECT_EQ(event.status, EventStatus::kRetrying);
  EXPECT_EQ(event.attempt_count, 3);
  EXPECT_EQ(to_store_text(*event.next_attempt_at), "2026-01-01 00:00:00.999999");
  EXPECT_EQ(to_store_text(event.event.created_at), "2026-01-01 00:00:00.000000");
  EXPECT_EQ(to_store_text(event.updated_at), "2026-01-01 00:00:00.000000");
  EXPECT_EQ(event.idempotency_key, "key");
  EXPECT_EQ(event.event.traceparent, "tp");
  EXPECT_EQ(shell.run("SELECT id FROM cs_platform_event_outbox WHERE next_attempt_at = '2026-01-01 00:00:00.999999'"),
            std::vector<std::string>{"e1"});
}

TEST_F(SqliteRunbook, ClosedEventsCanBeBroughtIn) {
  PlainSqlite shell(path());
  EXPECT_TRUE(
      shell
          .run("INSERT INTO cs_platform_event_outbox (id, platform, event_type, status, attempt_count, last_error) "
               "VALUES ('d', 'demo', 't', 'delivered', 1, NULL), ('x', 'demo', 't', 'dead_letter', 6, 'gone')")
          .empty());
  EXPECT_EQ(find("d").status, EventStatus::kDelivered);
  EXPECT_EQ(find("x").status, EventStatus::kDeadLetter);
  EXPECT_EQ(find("x").last_error, "gone");
  EXPECT_TRUE(broken_events().empty());
}

TEST_F(SqliteRunbook, EveryStatementOfTheRunbookWorksAsWritten) {
  const std::string id = dead_letter();
  const std::string waiting = accept(new_event()).id;

  const SqlResult pending =
      sql("SELECT id, platform, event_type, callback_target, status, attempt_count, next_attempt_at, last_error\n"
          "FROM cs_platform_event_outbox\nWHERE status IN ('pending', 'retrying')\n"
          "ORDER BY next_attempt_at ASC, created_at ASC\nLIMIT 100;");
  ASSERT_EQ(pending.rows.size(), 1u);
  EXPECT_EQ(pending.columns.front(), "id");
  EXPECT_EQ(pending.rows[0][0], waiting);

  const SqlResult attempts =
      sql("SELECT event_id, attempt_no, response_status, error_message, created_at\n"
          "FROM cs_platform_event_delivery_attempts ORDER BY created_at DESC LIMIT 100;");
  ASSERT_EQ(attempts.rows.size(), 1u);
  EXPECT_EQ(attempts.rows[0],
            (std::vector<std::optional<std::string>>{id, "1", "503", "status 503", to_store_text(now_)}));

  const SqlResult dead =
      sql("SELECT event_id, platform, event_type, callback_target, attempt_count, final_error, created_at\n"
          "FROM cs_platform_event_dead_letters ORDER BY created_at DESC LIMIT 100;");
  ASSERT_EQ(dead.rows.size(), 1u);
  EXPECT_EQ(dead.rows[0][5], "status 503");

  const SqlResult replayed = sql(
      "UPDATE public.cs_platform_event_outbox\nSET status = 'pending', next_attempt_at = NOW(), last_error = NULL,\n"
      "    updated_at = NOW()\nWHERE id = '" +
      id + "';");
  EXPECT_EQ(replayed.changed_rows, 1);
  EXPECT_EQ(find(id).status, EventStatus::kPending);
  EXPECT_EQ(find(id).attempt_count, 1);
  EXPECT_EQ(sql("DELETE FROM public.cs_platform_event_dead_letters WHERE event_id = '" + id + "';").changed_rows, 1);

  now_ = utc_now() + Seconds{1};
  const ClaimReply unrouted = [&] {
    WriteBatch batch;
    batch.claims.push_back({.endpoint_key = kUnrouted, .limit = 10, .lease_token = token(), .lease = Seconds{30}});
    return write(std::move(batch)).claims.at(0);
  }();
  ASSERT_EQ(unrouted.events.size(), 1u);
  EXPECT_EQ(unrouted.events[0].tries_in_run, 0) << "a replay gets the whole schedule again";
  EXPECT_EQ(record(unrouted.events[0].sequence, unrouted.events[0].lease_token, EventStatus::kDelivered),
            RecordReply::kRecorded);
  EXPECT_EQ(
      value("SELECT group_concat(attempt_no) FROM cs_platform_event_delivery_attempts WHERE event_id = '" + id + "'"),
      "1,2");
  EXPECT_TRUE(broken_events().empty());
}

TEST_F(SqliteRunbook, ReplayWorksInAPlainShellBeforeAndAfterTheDeadLetterIsDeleted) {
  for (const bool delete_first : {false, true}) {
    const std::string id = dead_letter();
    PlainSqlite shell(path());
    const std::string remove = "DELETE FROM cs_platform_event_dead_letters WHERE event_id = '" + id + "'";
    if (delete_first) shell.run(remove);
    EXPECT_TRUE(shell
                    .run("UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = datetime('now'), "
                         "last_error = NULL, updated_at = datetime('now') WHERE id = '" +
                         id + "'")
                    .empty());
    if (!delete_first) {
      EXPECT_EQ(shell.run("SELECT count(*) FROM cs_platform_event_dead_letters"), std::vector<std::string>{"1"});
      shell.run(remove);
    }
    EXPECT_EQ(find(id).status, EventStatus::kPending);
    EXPECT_EQ(find(id).last_error, "");
    EXPECT_TRUE(broken_events().empty());
  }
}

TEST_F(SqliteRunbook, ADeliveredEventIsSentAgainAndItsAttemptsNeverCollide) {
  const Accepted accepted = accept(new_event());
  EXPECT_EQ(record(accepted.sequence, claim(1).events.at(0).lease_token, EventStatus::kDelivered),
            RecordReply::kRecorded);
  PlainSqlite shell(path());
  // attempt_count may be edited at will: attempts are numbered from the record of attempts.
  EXPECT_TRUE(shell.run("UPDATE cs_platform_event_outbox SET status = 'pending', attempt_count = 0").empty());
  now_ = utc_now() + Seconds{1};
  WriteBatch batch;
  batch.claims.push_back({.endpoint_key = kUnrouted, .limit = 10, .lease_token = "again", .lease = Seconds{30}});
  const ClaimedEvent claimed = write(std::move(batch)).claims.at(0).events.at(0);
  EXPECT_EQ(claimed.attempt_count, 0);
  EXPECT_EQ(record(accepted.sequence, "again", EventStatus::kDelivered), RecordReply::kRecorded);
  EXPECT_EQ(value("SELECT group_concat(attempt_no) FROM cs_platform_event_delivery_attempts"), "1,2");
}

TEST_F(SqliteRunbook, AHandEditTakesTheLeaseAway) {
  const Accepted accepted = accept(new_event());
  const std::string held_by = claim(1).events.at(0).lease_token;
  EXPECT_EQ(value("SELECT lease_token FROM cs_platform_event_outbox"), held_by);
  EXPECT_TRUE(
      PlainSqlite(path()).run("UPDATE cs_platform_event_outbox SET next_attempt_at = '2026-02-06 08:29:00'").empty());
  EXPECT_EQ(value("SELECT lease_token, lease_expires_at, next_attempt_at FROM cs_platform_event_outbox"),
            "NULL|NULL|2026-02-06 08:29:00.000000");
  EXPECT_EQ(record(accepted.sequence, held_by, EventStatus::kDelivered), RecordReply::kLeaseLost);
  EXPECT_EQ(find(accepted.id).status, EventStatus::kPending);
  EXPECT_EQ(claim(1).events.size(), 1u) << "it goes out again at its new time";
}

TEST_F(SqliteRunbook, ClosingByHandIsOnRecord) {
  const Accepted first = accept(new_event());
  const Accepted second = accept(new_event());
  const Accepted third = accept(new_event());
  PlainSqlite shell(path());
  shell.run("UPDATE cs_platform_event_outbox SET status = 'delivered' WHERE id = '" + first.id + "'");
  shell.run("UPDATE cs_platform_event_outbox SET status = 'dead_letter', last_error = 'by hand' WHERE id = '" +
            second.id + "'");
  shell.run("UPDATE cs_platform_event_outbox SET status = 'discarded', last_error = 'unwanted' WHERE id = '" +
            third.id + "'");
  EXPECT_EQ(find(first.id).status, EventStatus::kDelivered);
  EXPECT_EQ(find(second.id).status, EventStatus::kDeadLetter);
  EXPECT_EQ(find(third.id).status, EventStatus::kDiscarded);
  EXPECT_EQ(find(third.id).last_error, "unwanted");
  EXPECT_EQ(shell.run("SELECT event_id, final_error FROM cs_platform_event_dead_letters"),
            std::vector<std::string>{second.id + "|by hand"});
  EXPECT_TRUE(claim().events.empty());
  EXPECT_TRUE(broken_events().empty());
}

TEST_F(SqliteRunbook, ImpossibleValuesAreRefusedAndChangeNothing) {
  const Accepted accepted = accept(new_event());
  PlainSqlite shell(path());
  for (const char* edit :
       {"status = 'sent'", "status = NULL", "next_attempt_at = 'tomorrow'", "attempt_count = -1",
        "attempt_count = 'many'", "payload = 'other'", "platform = 'other'", "id = 'other'", "lease_token = 'mine'",
        "created_at = datetime('now')", "status = 'delivered', last_error = 'x'"}) {
    const auto refused = shell.run(std::string("UPDATE cs_platform_event_outbox SET ") + edit);
    ASSERT_EQ(refused.size(), 1u) << edit;
    EXPECT_TRUE(refused[0].starts_with("error: value_refused: ")) << edit << " → " << refused[0];
  }
  for (const char* values :
       {"(NULL, 't', 'p', NULL)", "('demo', NULL, 'p', NULL)", "('demo', 't', 'p', 'sent')", "('', 't', 'p', NULL)"}) {
    const auto refused = shell.run(
        std::string("INSERT INTO cs_platform_event_outbox (platform, event_type, payload, status) VALUES ") + values);
    ASSERT_EQ(refused.size(), 1u) << values;
    EXPECT_TRUE(refused[0].starts_with("error: ")) << values;
  }
  EXPECT_EQ(find(accepted.id).status, EventStatus::kPending);
  const auto through_store = store_->sql("UPDATE cs_platform_event_outbox SET status = 'sent'");
  ASSERT_FALSE(through_store);
  EXPECT_EQ(through_store.error().code, "value_refused");
  EXPECT_EQ(value("SELECT count(*) FROM outbox_events"), "1");
}

TEST_F(SqliteRunbook, ADeleteTakesTheEventAndItsAttempts) {
  const std::string id = dead_letter();
  PlainSqlite(path()).run("DELETE FROM cs_platform_event_outbox WHERE id = '" + id + "'");
  EXPECT_FALSE(store_->find_event(id, false)->has_value());
  EXPECT_EQ(value("SELECT (SELECT count(*) FROM outbox_events) + (SELECT count(*) FROM outbox_attempts) + "
                  "(SELECT count(*) FROM outbox_abandoned) + (SELECT count(*) FROM cs_platform_event_dead_letters)"),
            "0");
}

TEST_F(SqliteRunbook, AKeyUsedByTheApiIsKnownToSqlAndBack) {
  NewEvent item = new_event("same");
  item.idempotency_key = "k1";
  now_ = utc_now();
  accept(item);
  PlainSqlite shell(path());
  const std::string insert =
      "INSERT INTO cs_platform_event_outbox (platform, event_type, callback_target, payload, idempotency_key) "
      "VALUES ('demo', 'order.created', '/hook', ";
  EXPECT_TRUE(shell.run(insert + "'same', 'k1')").empty()) << "skipped";
  EXPECT_EQ(shell.run(insert + "'other', 'k1')").at(0).substr(0, 27), "error: idempotency_conflict");
  EXPECT_TRUE(shell.run(insert + "'fresh', 'k2')").empty());
  EXPECT_EQ(value("SELECT count(*) FROM outbox_events"), "2");

  NewEvent again = new_event("fresh");
  again.idempotency_key = "k2";
  EXPECT_TRUE(accept(again).duplicate);
}

TEST_F(SqliteRunbook, SeveralStatementsAnswerOneByOne) {
  auto results = store_->sql("SELECT 1 AS one; -- a comment\n SELECT NULL AS two; ");
  ASSERT_TRUE(results);
  ASSERT_EQ(results->size(), 2u);
  EXPECT_EQ((*results)[0].columns, std::vector<std::string>{"one"});
  EXPECT_EQ((*results)[1].rows[0][0], std::nullopt);
  const auto open = store_->sql("BEGIN; DELETE FROM cs_platform_event_dead_letters");
  ASSERT_FALSE(open) << "the service's connection cannot be left in a transaction";
  EXPECT_EQ(open.error().code, "sql_error");
  EXPECT_EQ(accept(new_event()).status, EventStatus::kPending);
}

TEST_F(SqliteRunbook, NowIsTheStoresFormOfTime) {
  const auto parsed = parse_time(*sql("SELECT NOW()").rows.at(0).at(0));
  ASSERT_TRUE(parsed);
  EXPECT_LT(std::chrono::abs(*parsed - utc_now()), Seconds{10});
  EXPECT_EQ(sql("SELECT now()").rows.at(0).at(0)->size(), kStoreTextLength);
}

TEST_F(SqliteRunbook, AQuestionAboutOneStateReadsNothingOfTheOthers) {
  PlainSqlite shell(path());
  // A few thousand delivered events, put in place in one go.
  shell.run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
      "INSERT INTO cs_platform_event_outbox (platform, event_type, payload, status) SELECT 'demo', 't', 'p', "
      "'delivered' FROM n");
  const std::string id = accept(new_event()).id;
  const auto steps = [&](const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(shell.get(), sql.c_str(), -1, &statement, nullptr), SQLITE_OK);
    int rows = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) ++rows;
    EXPECT_EQ(rows, 1);
    const int count = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
    sqlite3_finalize(statement);
    return count;
  };
  EXPECT_LT(steps("SELECT * FROM cs_platform_event_outbox WHERE status IN ('pending', 'retrying') "
                  "ORDER BY next_attempt_at ASC, created_at ASC LIMIT 100"),
            1000);
  EXPECT_LT(steps("SELECT * FROM cs_platform_event_outbox WHERE status = 'pending'"), 1000);
  EXPECT_LT(steps("SELECT * FROM cs_platform_event_outbox WHERE id = '" + id + "'"), 1000);
}

}  // namespace
}  // namespace yizhan::store

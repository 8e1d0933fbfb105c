// Rows edited by hand, in SQL, beside the running service (fault 18); among them every statement of the seed's runbook,
// as it is written there.
#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class HandEdits : public Contract {
 protected:
  HandEdits() { node_.now = utc_now(); }

  /// As `claim_one`, when `NOW()` of the statement before may be later than `now`.
  ClaimedEvent claim_now(std::int64_t endpoint_key = kEndpoint) {
    node_.now = utc_now() + Seconds{1};
    auto claimed = node_.claim(endpoint_key);
    if (claimed.size() != 1) throw std::runtime_error(std::to_string(claimed.size()) + " events are due, not one");
    return std::move(claimed.front());
  }
  std::string refused(std::string_view statement) {
    const auto done = node_.shell().sql(statement);
    return done ? "" : std::string(done.error().code);
  }
};

TEST_P(HandEdits, TheRunbookFindsWhatIsWaiting) {
  node_.accept({node_.event(), node_.event(), node_.event()});
  const auto claimed = node_.claim();
  node_.deliver(claimed.at(0));
  node_.retry(claimed.at(1), Seconds{10});
  const SqlResult waiting =
      node_.sql(R"(SELECT id, platform, event_type, callback_target, status, attempt_count, next_attempt_at, last_error
FROM cs_platform_event_outbox
WHERE status IN ('pending', 'retrying')
ORDER BY next_attempt_at ASC, created_at ASC
LIMIT 100;)");
  ASSERT_THAT(waiting.rows, SizeIs(2));
  EXPECT_THAT(waiting.columns, ElementsAre("id", "platform", "event_type", "callback_target", "status", "attempt_count",
                                           "next_attempt_at", "last_error"));
  EXPECT_EQ(waiting.rows[0][0], claimed.at(2).event.id);
  EXPECT_EQ(waiting.rows[0][4], "pending");
  EXPECT_EQ(waiting.rows[0][7], std::nullopt);
  EXPECT_EQ(waiting.rows[1][0], claimed.at(1).event.id);
  EXPECT_EQ(waiting.rows[1][1], "crm");
  EXPECT_EQ(waiting.rows[1][4], "retrying");
  EXPECT_EQ(waiting.rows[1][5], "1");
  EXPECT_EQ(waiting.rows[1][6]->substr(0, 19), to_store_text(node_.now + Seconds{10}).substr(0, 19));
  EXPECT_EQ(waiting.rows[1][7], "the platform answered 503");
}

TEST_P(HandEdits, TheRunbookFindsRecentAttempts) {
  const std::string id = node_.accept(node_.event()).id;
  node_.retry(node_.claim_one(), Milliseconds{0});
  node_.now += Seconds{1};
  node_.deliver(node_.claim_one());
  const SqlResult attempts = node_.sql(R"(SELECT event_id, attempt_no, response_status, error_message, created_at
FROM cs_platform_event_delivery_attempts
ORDER BY created_at DESC
LIMIT 100;)");
  ASSERT_THAT(attempts.rows, SizeIs(2));
  EXPECT_EQ(attempts.rows[0][0], id);
  EXPECT_EQ(attempts.rows[0][1], "2");
  EXPECT_EQ(attempts.rows[0][2], "200");
  EXPECT_EQ(attempts.rows[0][3], std::nullopt);
  EXPECT_EQ(attempts.rows[1][2], "503");
  EXPECT_EQ(attempts.rows[1][3], "the platform answered 503");
}

TEST_P(HandEdits, TheRunbookReplaysADeadLetter) {
  const std::string id = node_.accept(node_.event()).id;
  node_.bury(node_.claim_one());
  const SqlResult letters =
      node_.sql(R"(SELECT event_id, platform, event_type, callback_target, attempt_count, final_error, created_at
FROM cs_platform_event_dead_letters
ORDER BY created_at DESC
LIMIT 100;)");
  ASSERT_THAT(letters.rows, SizeIs(1));
  EXPECT_EQ(letters.rows[0][0], id);
  EXPECT_EQ(letters.rows[0][4], "1");
  EXPECT_EQ(letters.rows[0][5], "the platform answered 503");

  const SqlResult replayed = node_.sql(R"(UPDATE cs_platform_event_outbox
SET status = 'pending',
    next_attempt_at = NOW(),
    last_error = NULL,
    updated_at = NOW()
WHERE id = ')" + id + "';");
  EXPECT_EQ(replayed.changed_rows, 1);
  EXPECT_EQ(node_.sql("DELETE FROM cs_platform_event_dead_letters WHERE event_id = '" + id + "';").changed_rows, 1);
  EXPECT_EQ(node_.status(id), EventStatus::kPending);
  EXPECT_EQ(node_.view(id).last_error, "");

  const ClaimedEvent claimed = claim_now(kUnrouted);
  EXPECT_EQ(claimed.event.id, id);
  EXPECT_EQ(claimed.attempt_count, 1);
  EXPECT_EQ(claimed.tries_in_run, 0);
  node_.deliver(claimed);
  EXPECT_EQ(node_.view(id).attempt_count, 2);
  EXPECT_THAT(value_of(node_.store().attempts(id, 10)), SizeIs(2));
  EXPECT_EQ(node_.ledger().delivered, 1);
}

TEST_P(HandEdits, TheRunbookReplaysARetryingEvent) {
  const std::string id = node_.accept(node_.event()).id;
  node_.retry(node_.claim_one(), Seconds{900});
  // PostgreSQL's usual schema is a name that SQLite understands too; these tests have a schema of their own there.
  const std::string schema = GetParam() == Engine::kSqlite ? "public." : "";
  node_.sql("UPDATE " + schema +
            "cs_platform_event_outbox SET status = 'pending', next_attempt_at = NOW(), last_error = NULL, "
            "updated_at = NOW() WHERE id = '" +
            id + "'");
  const ClaimedEvent claimed = claim_now();
  EXPECT_EQ(claimed.event.id, id);
  EXPECT_EQ(claimed.tries_in_run, 0);
}

TEST_P(HandEdits, TheRunbookWithNoIdChangesNothing) {
  node_.accept(node_.event());
  EXPECT_EQ(
      node_
          .sql("UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = NOW(), last_error = NULL, "
               "updated_at = NOW() WHERE id = ''")
          .changed_rows,
      0);
  EXPECT_EQ(node_.sql("DELETE FROM cs_platform_event_dead_letters WHERE event_id = ''").changed_rows, 0);
}

TEST_P(HandEdits, AnInsertOfTheRunbooksColumnsIsDelivered) {
  node_.sql(
      "INSERT INTO cs_platform_event_outbox (platform, event_type, payload) VALUES ('crm', 'order.paid', "
      "'{\"a\": \"驿\"}')");
  const ClaimedEvent claimed = claim_now(kUnrouted);
  EXPECT_EQ(claimed.event.platform, "crm");
  EXPECT_EQ(claimed.event.event_type, "order.paid");
  EXPECT_EQ(claimed.event.payload, "{\"a\": \"驿\"}");
  EXPECT_EQ(claimed.event.callback_target, "");
  EXPECT_EQ(claimed.event.id.size(), 36);
  EXPECT_EQ(claimed.event.id[14], '7');
  EXPECT_EQ(node_.deliver(claimed), RecordReply::kRecorded);
  EXPECT_EQ(node_.ledger().delivered, 1);
}

TEST_P(HandEdits, AnInsertOfEveryColumnIsTakenAsItIs) {
  node_.sql(R"(INSERT INTO cs_platform_event_outbox (id, platform, event_type, callback_target, payload, status,
    attempt_count, next_attempt_at, last_error, created_at, updated_at, idempotency_key, correlation, order_key, traceparent)
    VALUES ('evt-1', 'crm', 't', '/path', 'body', 'retrying', 3, '2026-01-05 08:00:00', 'why', '2026-01-04 00:00:00',
    '2026-01-04 12:00:00', 'key', 'corr', 'ord', 'trace'))");
  const EventView view = node_.view("evt-1", true);
  EXPECT_EQ(view.event.callback_target, "/path");
  EXPECT_EQ(view.event.payload, "body");
  EXPECT_EQ(view.status, EventStatus::kRetrying);
  EXPECT_EQ(view.attempt_count, 3);
  EXPECT_EQ(view.next_attempt_at, parse_time("2026-01-05 08:00:00"));
  EXPECT_EQ(view.last_error, "why");
  EXPECT_EQ(view.event.created_at, parse_time("2026-01-04 00:00:00"));
  EXPECT_EQ(view.updated_at, parse_time("2026-01-04 12:00:00"));
  EXPECT_EQ(view.idempotency_key, "key");
  EXPECT_EQ(view.event.correlation, "corr");
  EXPECT_EQ(view.event.order_key, "ord");
  EXPECT_EQ(view.event.traceparent, "trace");
  const ClaimedEvent claimed = claim_now(kUnrouted);
  EXPECT_EQ(claimed.tries_in_run, 3);
}

TEST_P(HandEdits, AnInsertedKeyIsKnownToTheService) {
  node_.sql(
      "INSERT INTO cs_platform_event_outbox (id, platform, event_type, callback_target, payload, idempotency_key) "
      "VALUES ('evt-1', 'crm', 'order.paid', 'https://crm.example/callback', 'body', 'k')");
  const Accepted again = node_.accept(node_.keyed_event("k", "body"));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.id, "evt-1");
  EXPECT_EQ(code_of(node_.try_accept({node_.keyed_event("k", "other")})), "idempotency_conflict");
}

TEST_P(HandEdits, ARepeatedInsertIsSkippedAndAnotherUnderItsKeyRefused) {
  node_.accept(node_.keyed_event("k", "body"));
  const std::string again =
      "INSERT INTO cs_platform_event_outbox (platform, event_type, callback_target, payload, "
      "idempotency_key) VALUES ('crm', 'order.paid', 'https://crm.example/callback', ";
  EXPECT_EQ(refused(again + "'body', 'k')"), "");
  EXPECT_EQ(refused(again + "'other', 'k')"), "idempotency_conflict");
  EXPECT_EQ(node_.ledger().accepted, 1);
}

TEST_P(HandEdits, TakeAnEventInFlightAwayFromItsAttempt) {
  const std::string id = node_.accept(node_.event()).id;
  const ClaimedEvent in_flight = node_.claim_one();
  node_.sql(
      "UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = NOW(), last_error = NULL, "
      "updated_at = NOW() WHERE id = '" +
      id + "'");
  EXPECT_EQ(node_.view(id).lease_expires_at, std::nullopt);
  EXPECT_EQ(node_.deliver(in_flight), RecordReply::kLeaseLost);
  EXPECT_EQ(node_.deliver(claim_now()), RecordReply::kRecorded);
}

TEST_P(HandEdits, MoveADueTime) {
  const std::string id = node_.accept(node_.event()).id;
  node_.sql("UPDATE cs_platform_event_outbox SET next_attempt_at = '2031-05-06 07:08:09' WHERE id = '" + id + "'");
  EXPECT_THAT(node_.claim(), IsEmpty());
  EXPECT_EQ(node_.view(id).next_attempt_at, parse_time("2031-05-06 07:08:09"));
  node_.now = *parse_time("2031-05-06 07:08:09");
  EXPECT_THAT(ids_of(node_.claim()), ElementsAre(id));
}

TEST_P(HandEdits, GiveARetryingEventMoreTries) {
  const std::string id = node_.accept(node_.event()).id;
  for (int i = 0; i < 3; ++i) node_.retry(node_.claim_one(), Milliseconds{0});
  node_.sql("UPDATE cs_platform_event_outbox SET attempt_count = 1 WHERE id = '" + id + "'");
  const ClaimedEvent claimed = node_.claim_one();
  EXPECT_EQ(claimed.attempt_count, 1);
  EXPECT_EQ(claimed.tries_in_run, 1);
  node_.retry(claimed, Milliseconds{0});
  EXPECT_EQ(value_of(node_.store().attempts(id, 10)).back().attempt_no, 4);
}

TEST_P(HandEdits, CloseEventsInEveryWay) {
  const std::string id = node_.accept(node_.event()).id;
  const auto set = [&](std::string_view status, std::string_view more) {
    return node_
        .sql("UPDATE cs_platform_event_outbox SET status = '" + std::string(status) + "'" + std::string(more) +
             " WHERE id = '" + id + "'")
        .changed_rows;
  };
  EXPECT_EQ(set("dead_letter", ", last_error = 'gave up'"), 1);
  EXPECT_EQ(node_.status(id), EventStatus::kDeadLetter);
  EXPECT_EQ(node_.view(id).last_error, "gave up");
  EXPECT_THAT(value_of(node_.store().list_dead_letters({}, {})).rows, SizeIs(1));
  EXPECT_EQ(node_.ledger().dead_letter, 1);
  EXPECT_EQ(set("discarded", ", last_error = 'not needed'"), 1);
  EXPECT_EQ(node_.status(id), EventStatus::kDiscarded);
  EXPECT_EQ(node_.ledger().discarded, 1);
  EXPECT_EQ(set("delivered", ", attempt_count = 7"), 1);
  EXPECT_EQ(node_.status(id), EventStatus::kDelivered);
  EXPECT_EQ(node_.view(id).attempt_count, 7);
  EXPECT_EQ(node_.ledger().delivered, 1);
  EXPECT_THAT(node_.claim(), IsEmpty());
  EXPECT_EQ(set("retrying", ""), 1);
  EXPECT_EQ(node_.status(id), EventStatus::kRetrying);
  EXPECT_EQ(node_.ledger().retrying, 1);
  EXPECT_EQ(claim_now(kUnrouted).tries_in_run, 0);
}

TEST_P(HandEdits, DeleteAnEventWithItsAttempts) {
  const std::string id = node_.accept(node_.event()).id;
  node_.bury(node_.claim_one());
  EXPECT_EQ(node_.sql("DELETE FROM cs_platform_event_outbox WHERE id = '" + id + "'").changed_rows, 1);
  EXPECT_EQ(value_of(node_.store().find_event(id, false)), std::nullopt);
  EXPECT_EQ(node_.ledger().accepted, 0);
  EXPECT_THAT(node_.sql("SELECT * FROM outbox_attempts").rows, IsEmpty());
  EXPECT_THAT(node_.sql("SELECT * FROM cs_platform_event_dead_letters").rows, IsEmpty());
}

TEST_P(HandEdits, OfManyRowsAtOnce) {
  for (int i = 0; i < 20; ++i) node_.accept(node_.event());
  for (const ClaimedEvent& claimed : node_.claim(kEndpoint, 15)) node_.bury(claimed);
  EXPECT_EQ(
      node_.sql("UPDATE cs_platform_event_outbox SET status = 'pending' WHERE status = 'dead_letter'").changed_rows,
      15);
  EXPECT_EQ(node_.ledger().pending, 20);
}

TEST_P(HandEdits, OfImpossibleValuesAreRefused) {
  const std::string id = node_.accept(node_.event()).id;
  const ClaimedEvent in_flight = node_.claim_one();
  const std::string where = " WHERE id = '" + id + "'";
  for (const std::string_view change :
       {"status = 'done'", "status = NULL", "attempt_count = -1", "attempt_count = NULL", "next_attempt_at = 'soon'",
        "platform = 'erp'", "id = 'x'", "event_type = 'x'", "callback_target = 'x'", "payload = 'x'",
        "created_at = '2020-01-01 00:00:00'", "idempotency_key = 'x'", "correlation = 'x'", "order_key = 'x'",
        "traceparent = 'x'", "lease_token = 'x'", "lease_expires_at = '2020-01-01 00:00:00'"}) {
    EXPECT_EQ(refused("UPDATE cs_platform_event_outbox SET " + std::string(change) + where), "value_refused") << change;
  }
  for (const std::string_view values :
       {"(platform) VALUES ('crm')", "(event_type) VALUES ('t')", "(platform, event_type) VALUES ('', 't')",
        "(platform, event_type, status) VALUES ('crm', 't', 'done')",
        "(platform, event_type, attempt_count) VALUES ('crm', 't', -1)",
        "(platform, event_type, next_attempt_at) VALUES ('crm', 't', 'soon')",
        "(platform, event_type, lease_token) VALUES ('crm', 't', 'x')",
        "(platform, event_type, idempotency_key) VALUES ('crm', 't', '')"}) {
    EXPECT_EQ(refused("INSERT INTO cs_platform_event_outbox " + std::string(values)), "value_refused") << values;
  }
  EXPECT_EQ(
      refused("INSERT INTO cs_platform_event_outbox (id, platform, event_type) VALUES ('" + id + "', 'crm', 't')"),
      "value_refused");
  EXPECT_EQ(node_.ledger().pending, 1);
  EXPECT_EQ(node_.deliver(in_flight), RecordReply::kRecorded);
}

TEST_P(HandEdits, TheOutboxShowsItsColumnsInOrderWhateverThePayloadHolds) {
  NewEvent raw = node_.event();
  raw.event.payload = std::string("\0\xff\x80 raw", 7);
  node_.accept(raw);
  const SqlResult shown = node_.sql("SELECT * FROM cs_platform_event_outbox");
  EXPECT_THAT(shown.columns,
              ElementsAre("id", "platform", "event_type", "callback_target", "payload", "status", "attempt_count",
                          "next_attempt_at", "last_error", "created_at", "updated_at", "idempotency_key", "correlation",
                          "order_key", "traceparent", "lease_token", "lease_expires_at"));
  EXPECT_THAT(shown.rows, SizeIs(1));
  EXPECT_EQ(node_.sql("UPDATE cs_platform_event_outbox SET status = 'discarded' WHERE id = '" + raw.event.id + "'")
                .changed_rows,
            1);
  EXPECT_EQ(node_.view(raw.event.id, true).event.payload, raw.event.payload);
}

TEST_P(HandEdits, SeveralStatementsAnswerOneByOne) {
  const auto results = value_of(node_.shell().sql(
      "INSERT INTO cs_platform_event_outbox (id, platform, event_type) VALUES ('a', 'crm', 't'), ('b', 'crm', 't');\n"
      "SELECT id FROM cs_platform_event_outbox ORDER BY id;\n"
      "DELETE FROM cs_platform_event_outbox WHERE id = 'a';"));
  ASSERT_THAT(results, SizeIs(3));
  EXPECT_EQ(results[0].changed_rows, 2);
  EXPECT_THAT(results[1].columns, ElementsAre("id"));
  ASSERT_THAT(results[1].rows, SizeIs(2));
  EXPECT_EQ(results[1].rows[0][0], "a");
  EXPECT_EQ(results[2].changed_rows, 1);
}

TEST_P(HandEdits, AStatementWithAnErrorSaysWhatIsWrong) {
  EXPECT_EQ(refused("SELECT nonsense FROM nowhere"), "sql_error");
  EXPECT_EQ(refused("SELEC 1"), "sql_error");
  EXPECT_EQ(refused(""), "");
  EXPECT_EQ(node_.sql("SELECT 1").rows.at(0).at(0), "1");
}

YIZHAN_ON_EVERY_ENGINE(HandEdits);

}  // namespace
}  // namespace yizhan::store::contract

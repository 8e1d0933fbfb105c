// The audit trail: entries come with what they tell of, stay as they are, and edits by hand leave theirs.
#include "contract_test.h"
#include "store/audit.h"
#include "store/session.h"

namespace yizhan::store::contract {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Audit : public Contract {
 protected:
  AuditEntry entry(std::string action) {
    AuditEntry made;
    made.at = node_.now;
    made.origin = AuditOrigin::kCli;
    made.actor = "lin@bastion";
    made.action = std::move(action);
    return made;
  }
  std::vector<AuditEntry> all(const AuditSelection& selection = {}) {
    return value_of(list_audit(node_.store(), selection, {.oldest_first = true})).rows;
  }
  std::string dead_letter() {
    const std::string id = node_.accept(node_.event()).id;
    node_.bury(node_.claim_one());
    return id;
  }
};

TEST_P(Audit, KeepsAnEntryAsItWasWritten) {
  AuditEntry written = entry("order.close");
  written.object = "T-100";
  written.reason = "顾客取消";
  written.count = 3;
  written.detail = R"({"was":0})";
  value_of(append_audit(node_.store(), written));
  const auto rows = all();
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows.front().at, node_.now);
  EXPECT_EQ(rows.front().origin, AuditOrigin::kCli);
  EXPECT_EQ(rows.front().actor, "lin@bastion");
  EXPECT_EQ(rows.front().action, "order.close");
  EXPECT_EQ(rows.front().object, "T-100");
  EXPECT_EQ(rows.front().reason, "顾客取消");
  EXPECT_EQ(rows.front().count, 3);
  EXPECT_EQ(rows.front().detail, R"({"was":0})");
  EXPECT_EQ(rows.front().outcome, "done");
}

TEST_P(Audit, ChoosesAndPages) {
  for (const char* action : {"replay.start", "replay.pause", "order.close"}) {
    value_of(append_audit(node_.store(), entry(action)));
    node_.now += Seconds{1};
  }
  AuditEntry other = entry("order.close");
  other.actor = "billing (0123456789ab)";
  other.origin = AuditOrigin::kApi;
  other.object = "T-1";
  value_of(append_audit(node_.store(), other));
  EXPECT_THAT(all({.action = "replay"}), SizeIs(2));
  EXPECT_THAT(all({.action = "order.close"}), SizeIs(2));
  EXPECT_THAT(all({.action = "repl"}), IsEmpty());
  EXPECT_THAT(all({.actor = "0123456789ab"}), SizeIs(1));
  EXPECT_THAT(all({.object = "T-1"}), SizeIs(1));
  EXPECT_THAT(all({.origin = AuditOrigin::kCli}), SizeIs(3));
  EXPECT_THAT(all({.from = node_.now - Seconds{2}, .until = node_.now}), SizeIs(2));
  const auto first = value_of(list_audit(node_.store(), {}, {.limit = 3}));
  EXPECT_EQ(first.rows.front().actor, other.actor);
  EXPECT_THAT(value_of(list_audit(node_.store(), {}, {.limit = 3, .after = first.next})).rows, SizeIs(1));
}

TEST_P(Audit, AnEntryAndItsActAreOneTransaction) {
  const DisabledEndpoint endpoint{kEndpoint, "crm", "https://crm.example/hook", "maintenance", node_.now};
  const auto failed = audited(node_.store(), entry("endpoint.disable"), [&](AuditEntry&) -> Result<void> {
    value_of(node_.store().disable_endpoint(endpoint));
    return fail("value_refused", "changed its mind");
  });
  EXPECT_EQ(code_of(failed), "value_refused");
  EXPECT_THAT(value_of(node_.store().disabled_endpoints()), IsEmpty());
  EXPECT_THAT(all(), IsEmpty());
  value_of(audited(node_.store(), entry("endpoint.disable"), [&](AuditEntry& completed) -> Result<void> {
    completed.object = "4711";
    return node_.store().disable_endpoint(endpoint);
  }));
  EXPECT_THAT(value_of(node_.store().disabled_endpoints()), SizeIs(1));
  EXPECT_THAT(all({.object = "4711"}), SizeIs(1));
}

TEST_P(Audit, WhatTheStoreRefusesLeavesNoEntryAndTheStoreWell) {
  ApiKey key{.id = "0123456789ab",
             .name = "billing",
             .scopes = "admin",
             .hash = "h",
             .created_at = node_.now,
             .revoked_at = {}};
  const auto add = [&] {
    return audited(node_.store(), entry("key.create"), [&](AuditEntry&) { return node_.store().add_api_key(key); });
  };
  value_of(add());
  EXPECT_FALSE(add());
  EXPECT_THAT(all(), SizeIs(1));
  EXPECT_THAT(value_of(node_.store().api_keys()), SizeIs(1));
}

TEST_P(Audit, AReplayNamesTheEventsThatItChanged) {
  const std::string first = dead_letter();
  const std::string second = dead_letter();
  const std::string pending = node_.accept(node_.event()).id;
  node_.now += Seconds{1};
  Selection chunk;
  chunk.ids = {first, second, pending};
  EXPECT_EQ(value_of(replay_audited(node_.store(), entry(""), chunk, SigningSecret::kCurrent, node_.now)), 2);
  EXPECT_EQ(node_.status(first), EventStatus::kPending);
  const auto rows = all();
  ASSERT_THAT(rows, SizeIs(1));  // and none by the view's triggers: it was not by hand
  EXPECT_EQ(rows.front().action, "event.replay");
  EXPECT_EQ(rows.front().count, 2);
  EXPECT_THAT(value_of(find_audit_of_event(node_.store(), first)), SizeIs(1));
  EXPECT_THAT(value_of(find_audit_of_event(node_.store(), second)), SizeIs(1));
  EXPECT_THAT(value_of(find_audit_of_event(node_.store(), pending)), IsEmpty());
  EXPECT_EQ(value_of(replay_audited(node_.store(), entry(""), chunk, SigningSecret::kCurrent, node_.now)), 0);
  EXPECT_THAT(all(), SizeIs(1));
}

TEST_P(Audit, ADiscardOfOneEventIsFoundByIt) {
  const std::string id = dead_letter();
  node_.now += Seconds{1};
  Selection chunk;
  chunk.ids = {id};
  EXPECT_EQ(value_of(discard_audited(node_.store(), entry(""), chunk, "refunded", node_.now)), 1);
  const auto entries = value_of(find_audit_of_event(node_.store(), id));
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries.front().object, id);
  EXPECT_EQ(entries.front().reason, "refunded");
}

TEST_P(Audit, EditsByHandThroughTheViewAreNoticed) {
  const std::string id = dead_letter();
  node_.sql(
      "UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = NOW(), last_error = NULL "
      "WHERE id = '" +
      id + "'");
  node_.sql("DELETE FROM cs_platform_event_outbox WHERE id = '" + id + "'");
  const auto entries = value_of(find_audit_of_event(node_.store(), id));
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries.at(0).action, "event.edit");
  EXPECT_EQ(entries.at(0).origin, AuditOrigin::kSql);
  EXPECT_THAT(entries.at(0).detail, HasSubstr("dead_letter"));
  EXPECT_THAT(entries.at(0).detail, HasSubstr("pending"));
  EXPECT_FALSE(entries.at(0).actor.empty());
  EXPECT_EQ(entries.at(1).action, "event.delete");
  EXPECT_GT(entries.at(1).at, *parse_time("2026-01-01T00:00:00Z"));
}

TEST_P(Audit, TheServicesOwnChangesAreNoEdits) {
  Selection one;
  one.ids = {dead_letter()};
  value_of(node_.store().replay(one, 1, node_.now));
  one.ids = {dead_letter()};
  value_of(node_.store().discard(one, 1, "no", node_.now));
  EXPECT_THAT(all(), IsEmpty());
}

TEST_P(Audit, RowsStayAsTheyAre) {
  value_of(append_audit(node_.store(), entry("order.close")));
  const std::int64_t id = all().front().id;
  std::vector<std::string> attempts{"UPDATE audit_trail SET actor = 'nobody'", "DELETE FROM audit_trail",
                                    "DELETE FROM audit_events", "UPDATE audit_events SET event_id = ''"};
  if (GetParam() == Engine::kPostgres) {
    attempts.emplace_back("TRUNCATE audit_trail CASCADE");
  } else {
    attempts.push_back(
        "INSERT OR REPLACE INTO audit_trail (id, at, origin, actor, action, object, reason, detail, outcome) VALUES (" +
        std::to_string(id) + ", '2026-01-01', 'cli', 'nobody', 'x', '', '', '{}', 'done')");
  }
  Selection two;
  two.ids = {dead_letter(), dead_letter()};
  node_.now += Seconds{1};
  value_of(replay_audited(node_.store(), entry(""), two, SigningSecret::kCurrent, node_.now));
  for (const std::string& attempt : attempts) EXPECT_FALSE(node_.shell().sql(attempt)) << attempt;
  EXPECT_EQ(all().front().actor, "lin@bastion");
}

YIZHAN_ON_EVERY_ENGINE(Audit);

}  // namespace
}  // namespace yizhan::store::contract

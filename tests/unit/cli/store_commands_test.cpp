#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command_runner.h"

namespace yizhan::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

class Events : public StoreCommandTest {};

TEST_F(Events, ListShowsWhatMatchesNewestFirst) {
  const std::string delivered = commands.add_event("crm", EventStatus::kDelivered, 1);
  const std::string dead = commands.add_event("shop", EventStatus::kDeadLetter, 2);
  const std::string all = commands.output_of({"events", "list"});
  EXPECT_LT(all.find(dead), all.find(delivered));
  EXPECT_THAT(all, AllOf(HasSubstr("dead_letter"), HasSubstr("answered with status 503")));
  const std::string some = commands.output_of({"events", "list", "--status", "dead_letter"});
  EXPECT_THAT(some, AllOf(HasSubstr(dead), Not(HasSubstr(delivered))));
  EXPECT_THAT(commands.output_of({"events", "list", "--platform", "crm", "--json"}),
              AllOf(StartsWith("{\"id\":\"" + delivered), HasSubstr("\"status\":\"delivered\"")));
  EXPECT_EQ(commands.output_of({"events", "list", "--until", "1h"}), "No event matches.\n");
}

TEST_F(Events, ListReadsAsManyPagesAsTheLimitTakes) {
  for (int i = 0; i < 520; ++i) commands.add_event("crm", EventStatus::kPending, 0);
  EXPECT_EQ(lines_in(commands.output_of({"events", "list", "--json", "--limit", "510"})), 510U);
  EXPECT_EQ(lines_in(commands.output_of({"events", "list", "--json", "--limit", "1000"})), 520U);
  EXPECT_THAT(commands.output_of({"events", "list"}), HasSubstr("The newest 50; more with --limit."));
}

TEST_F(Events, ShowTellsTheWholeWay) {
  const std::string id = commands.add_event("crm", EventStatus::kDeadLetter, 3, R"({"order":1001})");
  const std::string text = commands.output_of({"events", "show", id});
  EXPECT_THAT(text, AllOf(HasSubstr("attempt 3"), HasSubstr("dead letter"), HasSubstr("after 3 attempts"),
                          HasSubstr("yizhan replay " + id), HasSubstr(R"({"order":1001})")));
  const std::string json = commands.output_of({"events", "show", id, "--json"});
  EXPECT_EQ(lines_in(json), 1U);
  EXPECT_THAT(json, AllOf(HasSubstr(R"("payload":{"order":1001})"), HasSubstr(R"("attempt_no":3)"),
                          HasSubstr(R"("dead_letter":{"event_id")"), HasSubstr(R"("next_steps":[")")));
}

TEST_F(Events, ShowOfAnUnknownEventIsNotFound) {
  const CommandOutcome outcome = commands.run({"events", "show", "nope"});
  EXPECT_EQ(outcome.status, 5);
  EXPECT_THAT(outcome.err, HasSubstr("[event_not_found]"));
}

TEST_F(Events, ShowNamesTheDisabledEndpointThatAnEventWaitsFor) {
  const std::string id = commands.output_of({"emit", "crm", "order.paid", "{}", "--target", "/cb"}).substr(0, 36);
  commands.output_of({"endpoints", "disable", "crm", "/cb", "--reason", "maintenance"});
  EXPECT_THAT(commands.output_of({"events", "show", id}),
              AllOf(HasSubstr("maintenance"), HasSubstr("endpoints enable")));
  EXPECT_THAT(commands.output_of({"events", "list"}), HasSubstr("its endpoint is disabled"));
}

TEST_F(Events, AttemptsAndDeadLetters) {
  const std::string id = commands.add_event("crm", EventStatus::kDeadLetter, 2);
  commands.add_event("crm", EventStatus::kDelivered, 0);
  EXPECT_EQ(lines_in(commands.output_of({"attempts", "--json"})), 3U);
  EXPECT_EQ(lines_in(commands.output_of({"attempts", id, "--json"})), 2U);
  EXPECT_THAT(commands.output_of({"attempts", id}), AllOf(HasSubstr("http_5xx"), HasSubstr("503"), HasSubstr("7 ms")));
  EXPECT_THAT(commands.output_of({"dead-letters"}), AllOf(HasSubstr(id), HasSubstr("http_5xx")));
  EXPECT_EQ(commands.output_of({"dead-letters", "--platform", "shop"}), "No dead letter matches.\n");
  EXPECT_EQ(lines_in(commands.output_of({"dead-letters", "--json"})), 1U);
}

class Emit : public StoreCommandTest {};

TEST_F(Emit, WritesIntoTheStoreWhenNoServiceListens) {
  const std::string out = commands.output_of({"emit", "crm", "order.paid", R"({"order": 1001})", "--target", "/cb"});
  EXPECT_THAT(out, HasSubstr("  pending, taken by the store\n"));
  const auto event = commands.opened().find_event(out.substr(0, 36), true);
  ASSERT_TRUE(event && *event);
  EXPECT_EQ((*event)->event.payload, R"({"order": 1001})") << "byte for byte";
  EXPECT_EQ((*event)->event.platform, "crm");
  EXPECT_EQ((*event)->event.callback_target, "/cb");
}

TEST_F(Emit, TakesThePayloadFromAFileOrStandardInput) {
  const auto file = commands.write_file("payload.json", "[1,\n 2]");
  const auto payload_of = [&](const std::string& out) {
    return (*commands.opened().find_event(out.substr(0, 36), true))->event.payload;
  };
  EXPECT_EQ(payload_of(commands.output_of({"emit", "crm", "t", "@" + file.string()})), "[1,\n 2]");
  EXPECT_EQ(payload_of(commands.output_of({"emit", "crm", "t", "-"}, "{\"a\":1}\n")), "{\"a\":1}\n");
  EXPECT_EQ(payload_of(commands.output_of({"emit", "crm", "t"}, "\"text\"")), "\"text\"");
  EXPECT_EQ(payload_of(commands.output_of({"emit", "crm", "t", "\"quoted\""})), "\"quoted\"");
  EXPECT_EQ(payload_of(commands.output_of({"emit", "crm", "t", "[1,2]"})), "[1,2]");
  EXPECT_EQ(payload_of(commands.output_of({"emit", "crm", "t", "--raw", "a=1&b=2"})), "a=1&b=2");
}

TEST_F(Emit, RefusesWhatCannotBeDelivered) {
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const CommandOutcome outcome = commands.run(arguments);
    EXPECT_NE(outcome.status, 0);
    EXPECT_THAT(outcome.out, IsEmpty());
    return outcome.err;
  };
  EXPECT_THAT(refused({"emit", "crm", "t", "{bad"}), HasSubstr("[payload_invalid]"));
  EXPECT_THAT(refused({"emit", "crn", "t", "{}"}), AllOf(HasSubstr("[unknown_platform]"), HasSubstr("crm, shop")));
  EXPECT_THAT(refused({"emit", "crm", "t", "{}", "--target", "ftp://x/"}), HasSubstr("[url_invalid]"));
  EXPECT_THAT(refused({"emit", "crm", "t", "@/nowhere"}), HasSubstr("[payload_unreadable]"));
  EXPECT_THAT(refused({"emit", "crm", "t", "{}", "--not-before", "soon"}), HasSubstr("--not-before"));
  EXPECT_EQ(commands.opened().count({}).value(), 0);
}

TEST_F(Emit, TheSameIdempotencyKeyHandsOverOnce) {
  const std::string first = commands.output_of({"emit", "crm", "t", "{}", "--idempotency-key", "k"});
  const std::string second = commands.output_of({"emit", "crm", "t", "{}", "--idempotency-key", "k"});
  EXPECT_EQ(first.substr(0, 36), second.substr(0, 36));
  EXPECT_THAT(second, HasSubstr("handed over before"));
  const CommandOutcome other = commands.run({"emit", "crm", "t", "[]", "--idempotency-key", "k"});
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err, HasSubstr("[idempotency_conflict]"));
}

TEST_F(Emit, NotBeforeIsAnAppointment) {
  const std::string id = commands.output_of({"emit", "crm", "t", "{}", "--not-before", "2h"}).substr(0, 36);
  const auto event = commands.opened().find_event(id, false);
  ASSERT_TRUE(event && *event);
  EXPECT_GT(*(*event)->next_attempt_at - utc_now(), std::chrono::minutes(119));
  EXPECT_THAT(commands.output_of({"events", "list"}), HasSubstr("next in 1 h"));
}

class Replay : public StoreCommandTest {};

TEST_F(Replay, ASelectionMeansDeadLettersAndKeepsTheirAttempts) {
  const std::string dead = commands.add_event("crm", EventStatus::kDeadLetter, 2);
  const std::string delivered = commands.add_event("crm", EventStatus::kDelivered, 0);
  EXPECT_THAT(commands.output_of({"replay", "--platform", "crm", "--preview"}),
              AllOf(StartsWith("1 event would be replayed (status dead_letter, platform crm).\n  crm: 1 event"),
                    HasSubstr("http_5xx")));
  EXPECT_EQ(commands.output_of({"replay", "--platform", "crm"}), "Replayed 1 event.\n");
  EXPECT_EQ((*commands.opened().find_event(dead, false))->status, EventStatus::kPending);
  EXPECT_EQ((*commands.opened().find_event(delivered, false))->status, EventStatus::kDelivered);
  EXPECT_EQ(commands.opened().attempts(dead, 10)->size(), 2U);
  EXPECT_EQ(commands.output_of({"replay", "--platform", "crm", "--json"}),
            "{\"matching\":0,\"replayed\":0,\"interrupted\":false}\n");
}

TEST_F(Replay, AnEventThatIsNamedIsReplayedWhateverBecameOfIt) {
  const std::string delivered = commands.add_event("crm", EventStatus::kDelivered, 0);
  EXPECT_EQ(commands.output_of({"replay", delivered}), "Replayed 1 event.\n");
  EXPECT_EQ((*commands.opened().find_event(delivered, false))->status, EventStatus::kPending);
}

TEST_F(Replay, ManyAreReplayedInSteps) {
  for (int i = 0; i < 503; ++i) commands.add_event("crm", EventStatus::kDeadLetter, 1);
  EXPECT_EQ(commands.output_of({"replay", "--all", "--yes"}), "Replayed 503 events.\n");
  store::Selection dead_letters;
  dead_letters.statuses = {EventStatus::kDeadLetter};
  EXPECT_EQ(commands.opened().count(dead_letters).value(), 0);
}

TEST_F(Replay, OnATerminalItAsksAndTakesNoForAnAnswer) {
  const std::string dead = commands.add_event("crm", EventStatus::kDeadLetter, 1);
  const CommandOutcome no = commands.run({"replay", "--all"}, "n\n", true);
  EXPECT_EQ(no.status, 1);
  EXPECT_THAT(no.err, AllOf(HasSubstr("Replay 1 event (status dead_letter)? [y/N]"), HasSubstr("nothing was changed")));
  EXPECT_EQ((*commands.opened().find_event(dead, false))->status, EventStatus::kDeadLetter);
  const CommandOutcome silence = commands.run({"replay", "--all"}, "", true);
  EXPECT_EQ(silence.status, 1) << "the end of input is no yes";
  const CommandOutcome yes = commands.run({"replay", "--all"}, "y\n", true);
  EXPECT_EQ(yes.status, 0);
  EXPECT_EQ((*commands.opened().find_event(dead, false))->status, EventStatus::kPending);
}

TEST_F(Replay, ManyMoreAreReleasedByTheService) {
  for (int i = 0; i < 1001; ++i) commands.add_event("crm", EventStatus::kDeadLetter, 1);
  const std::string said = commands.output_of({"replay", "--platform", "crm", "--why", "it is mended", "--rate", "50"});
  EXPECT_THAT(said, AllOf(HasSubstr("Replay 1 has begun: 1,001 events of crm"), HasSubstr("yizhan replays show 1")));
  store::Selection dead_letters;
  dead_letters.statuses = {EventStatus::kDeadLetter};
  EXPECT_EQ(commands.opened().count(dead_letters).value(), 1001) << "the service releases them";
  EXPECT_THAT(commands.output_of({"replays", "show", "1"}),
              AllOf(HasSubstr("running"), HasSubstr("it is mended"), HasSubstr("50 a second"),
                    HasSubstr("released 0 of 1,001")));
  EXPECT_THAT(commands.output_of({"replays", "pause", "1"}), HasSubstr("paused"));
  EXPECT_THAT(commands.output_of({"replays", "list"}), AllOf(HasSubstr("paused"), HasSubstr("crm")));
  EXPECT_THAT(commands.output_of({"replays", "cancel", "1"}), HasSubstr("cancelled"));
  EXPECT_THAT(commands.run({"replays", "resume", "1"}).err, HasSubstr("replay_ended"));
  EXPECT_THAT(commands.run({"replays", "show", "9"}).err, HasSubstr("replay_not_found"));
  EXPECT_THAT(commands.output_of({"audit", "list", "--action", "replay"}),
              AllOf(HasSubstr("replay.start"), HasSubstr("replay.pause"), HasSubstr("replay.cancel")));
}

TEST_F(Replay, WithoutASelectionItRefuses) {
  const std::string dead = commands.add_event("crm", EventStatus::kDeadLetter, 1);
  EXPECT_EQ(commands.run({"replay"}).status, 2);
  EXPECT_EQ(commands.run({"replay", "--yes"}).status, 2);
  EXPECT_EQ((*commands.opened().find_event(dead, false))->status, EventStatus::kDeadLetter);
}

class Discard : public StoreCommandTest {};

TEST_F(Discard, ClosesEventsWithTheReasonOnRecord) {
  const std::string waiting = commands.add_event("crm", EventStatus::kRetrying, 1);
  const std::string delivered = commands.add_event("crm", EventStatus::kDelivered, 0);
  EXPECT_EQ(commands.run({"discard", waiting}).status, 2) << "a reason is needed";
  EXPECT_EQ(commands.output_of({"discard", waiting, delivered, "--reason", "refunded by hand"}),
            "Discarded 1 event.\n");
  EXPECT_THAT(commands.output_of({"events", "show", waiting}),
              AllOf(HasSubstr("discarded"), HasSubstr("refunded by hand")));
  EXPECT_EQ((*commands.opened().find_event(delivered, false))->status, EventStatus::kDelivered);
  EXPECT_EQ(commands.run({"discard", "--status", "delivered", "--reason", "x"}).status, 2);
  EXPECT_EQ(commands.run({"discard", "--reason", "x"}).status, 2);
}

class LedgerCommand : public StoreCommandTest {};

TEST_F(LedgerCommand, AccountsForEveryEvent) {
  EXPECT_EQ(commands.output_of({"ledger"}), "No events: nothing to account for.\n");
  commands.add_event("crm", EventStatus::kDelivered, 0);
  commands.add_event("crm", EventStatus::kDeadLetter, 1);
  commands.add_event("shop", EventStatus::kPending, 0);
  const std::string text = commands.output_of({"ledger"});
  EXPECT_THAT(text, AllOf(HasSubstr("crm "), HasSubstr("shop "), HasSubstr("all "),
                          HasSubstr("Every accepted event is in exactly one state.")));
  EXPECT_THAT(commands.output_of({"ledger", "--json"}),
              AllOf(StartsWith(R"({"accepted":3,"pending":1,"retrying":0,"delivered":1,"dead_letter":1)"),
                    HasSubstr(R"("balanced":true)")));
}

TEST_F(LedgerCommand, AMismatchIsExitStatusThree) {
  commands.add_event("crm", EventStatus::kDelivered, 0);
  commands.output_of({"sql", "DELETE FROM outbox_delivered"});
  const CommandOutcome outcome = commands.run({"ledger"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("1 missing"), HasSubstr("does not balance")));
  const CommandOutcome json = commands.run({"ledger", "--json"});
  EXPECT_EQ(json.status, 3);
  EXPECT_THAT(json.out, HasSubstr(R"("mismatch":1,"balanced":false)"));
}

class Sql : public StoreCommandTest {};

TEST_F(Sql, AStatementAScriptAndTheRunbook) {
  const std::string id = commands.add_event("crm", EventStatus::kDeadLetter, 1);
  EXPECT_EQ(commands.output_of({"sql", "SELECT 'a' AS name, 12 AS n, NULL AS missing"}),
            "name   n  missing\na     12  NULL\n(1 row)\n");
  EXPECT_EQ(commands.output_of({"sql", "--json"}, "SELECT 1 AS one; SELECT NULL AS two;"),
            "{\"columns\":[\"one\"],\"rows\":[[\"1\"]],\"changed_rows\":0}\n"
            "{\"columns\":[\"two\"],\"rows\":[[null]],\"changed_rows\":0}\n");
  commands.output_of(
      {"sql"},
      "UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = NOW(), last_error = NULL, "
      "updated_at = NOW() WHERE id = '" +
          id +
          "';\n"
          "DELETE FROM public.cs_platform_event_dead_letters WHERE event_id = '" +
          id + "';");
  EXPECT_EQ((*commands.opened().find_event(id, false))->status, EventStatus::kPending);
}

TEST_F(Sql, AnErrorIsReportedWithItsCode) {
  const CommandOutcome outcome = commands.run({"sql", "SELEC 1"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("[sql_error]"));
}

class Endpoints : public StoreCommandTest {};

TEST_F(Endpoints, AreDisabledListedAndEnabled) {
  EXPECT_EQ(commands.output_of({"endpoints", "list"}), "No endpoint is disabled.\n");
  commands.output_of({"endpoints", "disable", "crm", "/cb?x=1", "--reason", "maintenance"});
  const auto disabled = commands.opened().disabled_endpoints();
  ASSERT_EQ(disabled->size(), 1U);
  EXPECT_EQ(disabled->front().url, "https://crm.example/hooks/cb") << "an endpoint has no query";
  const std::string key = std::to_string(disabled->front().endpoint_key);
  EXPECT_THAT(commands.output_of({"endpoints", "list"}), AllOf(HasSubstr(key), HasSubstr("maintenance")));
  EXPECT_THAT(commands.output_of({"endpoints", "list", "--json"}), HasSubstr("\"key\":\"" + key + "\""));
  EXPECT_EQ(commands.run({"endpoints", "enable", "12"}).status, 5);
  EXPECT_EQ(commands.run({"endpoints", "enable", "crm"}).status, 2) << "a platform alone names no endpoint";
  commands.output_of({"endpoints", "enable", "crm", "/cb"});
  EXPECT_TRUE(commands.opened().disabled_endpoints()->empty());
}

class Keys : public StoreCommandTest {};

TEST_F(Keys, AreShownOnceAndStoredAsHashes) {
  const CommandOutcome made = commands.run({"keys", "create", "backend"});
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.out, StartsWith("yz_"));
  EXPECT_EQ(lines_in(made.out), 1U) << "nothing but the key, for scripts";
  const std::string id = made.out.substr(3, 12);
  const std::string secret = made.out.substr(16, 64);
  const std::string list = commands.output_of({"keys", "list"});
  EXPECT_THAT(list, AllOf(HasSubstr(id), HasSubstr("backend"), HasSubstr("valid"), Not(HasSubstr(secret))));
  EXPECT_THAT(commands.output_of({"keys", "list", "--json"}), Not(HasSubstr("hash")));
  EXPECT_THAT(made.err, Not(HasSubstr(secret)));
  commands.output_of({"keys", "revoke", id});
  EXPECT_THAT(commands.output_of({"keys", "list"}), HasSubstr("revoked"));
  EXPECT_EQ(commands.run({"keys", "revoke", id}).status, 5);
  EXPECT_EQ(commands.run({"keys", "create", "x", "--scopes", "everything"}).status, 2);
}

TEST_F(Keys, SecretsComeInTheirForms) {
  EXPECT_THAT(commands.output_of({"keys", "secret"}), StartsWith("whsec_"));
  const std::string pair = commands.output_of({"keys", "secret", "--asymmetric"});
  EXPECT_THAT(pair, AllOf(StartsWith("whsk_"), HasSubstr("\nwhpk_")));
}

class Migrate : public StoreCommandTest {};

TEST_F(Migrate, ASecondTimeHasNothingToDo) {
  EXPECT_THAT(commands.output_of({"migrate"}), StartsWith("Nothing to do"));
  EXPECT_THAT(commands.output_of({"migrate", "--json"}), StartsWith("{\"migrations_run\":0,\"schema_version\":"));
}

TEST(Config, SecretsAreNeverShown) {
  CommandRunner commands;
  commands.write_file("yizhan.toml",
                      "[platforms.crm]\nbase_url = \"https://crm.example\"\nsigning = \"x-cs\"\nsecret = "
                      "\"canary-secret-7c1f\"\ningress_secret = \"canary-ingress-9d2e\"\n");
  commands.environment["YIZHAN_STORE"] = "postgresql://yizhan:canary-password@127.0.0.1:1/yizhan";
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"config", "show"}, {"config", "show", "--json"}, {"config", "check"}, {"events", "list"}, {"migrate"}}) {
    const CommandOutcome outcome = commands.run(arguments);
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("canary"))) << arguments.front();
    EXPECT_THAT(outcome.out + outcome.err, Not(IsEmpty()));
  }
}

TEST(Config, DocumentsAreGenerated) {
  CommandRunner commands;
  EXPECT_THAT(commands.output_of({"config", "docs"}), HasSubstr("outbound.allow"));
  EXPECT_THAT(commands.output_of({"config", "sample"}), HasSubstr("[outbound]"));
}

}  // namespace
}  // namespace yizhan::cli

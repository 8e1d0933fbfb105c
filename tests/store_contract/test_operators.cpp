// What operators do: replay, discard, endpoints, API keys.
#include "actor.h"
#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Operating : public Contract {
 protected:
  std::string dead_letter(std::string platform = "crm") {
    NewEvent event = node_.event();
    event.event.platform = std::move(platform);
    const std::string id = node_.accept(std::move(event)).id;
    node_.bury(node_.claim_one());
    return id;
  }
  static Selection with_status(EventStatus status) {
    Selection selection;
    selection.statuses = {status};
    return selection;
  }
  std::int64_t replay(const Selection& selection, int limit = 100) {
    return value_of(node_.store().replay(selection, limit, node_.now));
  }
  std::int64_t discard(const Selection& selection, int limit = 100) {
    return value_of(node_.store().discard(selection, limit, "order was cancelled", node_.now));
  }
};

TEST_P(Operating, ReplaysADeadLetterForAWholeNewRun) {
  const std::string id = node_.accept(node_.event()).id;
  node_.retry(node_.claim_one(), Milliseconds{0});
  node_.bury(node_.claim_one());
  node_.now += Seconds{100};
  EXPECT_EQ(replay(with_status(EventStatus::kDeadLetter)), 1);
  EXPECT_EQ(replay(with_status(EventStatus::kDeadLetter)), 0);
  const EventView view = node_.view(id);
  EXPECT_EQ(view.status, EventStatus::kPending);
  EXPECT_EQ(view.attempt_count, 2);
  EXPECT_EQ(view.next_attempt_at, node_.now);
  EXPECT_EQ(view.last_error, "");
  EXPECT_EQ(view.updated_at, node_.now);
  EXPECT_THAT(value_of(node_.store().list_dead_letters({}, {})).rows, IsEmpty());
  EXPECT_THAT(value_of(node_.store().attempts(id, 10)), SizeIs(2));

  // It may have another endpoint by now: the first claim finds out.
  const auto claimed = node_.claim(kUnrouted);
  ASSERT_THAT(ids_of(claimed), ElementsAre(id));
  EXPECT_EQ(claimed.at(0).attempt_count, 2);
  EXPECT_EQ(claimed.at(0).tries_in_run, 0);
  node_.release({claimed.at(0).sequence, claimed.at(0).lease_token, kEndpoint, {}, {}});
  EXPECT_EQ(node_.deliver(node_.claim_one()), RecordReply::kRecorded);
  EXPECT_EQ(node_.view(id).attempt_count, 3);
}

TEST_P(Operating, ReplaysRetryingAndDeliveredButNotPendingEvents) {
  const std::string retrying = node_.accept(node_.event()).id;
  node_.retry(node_.claim_one(), Seconds{900});
  const std::string delivered = node_.accept(node_.event()).id;
  node_.deliver(node_.claim_one());
  const std::string pending = node_.accept(node_.event()).id;
  const std::string discarded = node_.accept(node_.event()).id;
  Selection one;
  one.ids = {discarded};
  discard(one);
  node_.now += Seconds{5};
  EXPECT_EQ(replay({}), 2);
  EXPECT_EQ(node_.status(retrying), EventStatus::kPending);
  EXPECT_EQ(node_.view(retrying).next_attempt_at, node_.now);
  EXPECT_EQ(node_.status(delivered), EventStatus::kPending);
  EXPECT_EQ(node_.view(pending).updated_at, node_.now - Seconds{5});
  EXPECT_EQ(node_.status(discarded), EventStatus::kDiscarded);
  EXPECT_EQ(node_.ledger().pending, 3);
}

TEST_P(Operating, ReplayTakesTheLeaseOfAnEventInFlight) {
  node_.accept(node_.event());
  node_.retry(node_.claim_one(), Milliseconds{0});
  const ClaimedEvent in_flight = node_.claim_one();
  EXPECT_EQ(replay({}), 1);
  EXPECT_EQ(node_.bury(in_flight), RecordReply::kLeaseLost);
  EXPECT_EQ(node_.claim_one().tries_in_run, 0);
}

TEST_P(Operating, ReplaysTheOldestFirstUpToTheLimit) {
  const std::string first = dead_letter();
  const std::string second = dead_letter();
  const std::string third = dead_letter();
  EXPECT_EQ(replay(with_status(EventStatus::kDeadLetter), 2), 2);
  EXPECT_EQ(node_.status(first), EventStatus::kPending);
  EXPECT_EQ(node_.status(second), EventStatus::kPending);
  EXPECT_EQ(node_.status(third), EventStatus::kDeadLetter);
  EXPECT_EQ(replay(with_status(EventStatus::kDeadLetter), 2), 1);
  EXPECT_EQ(replay(with_status(EventStatus::kDeadLetter), 2), 0);
}

TEST_P(Operating, ReplaysWhatTheSelectionNames) {
  const std::string crm = dead_letter("crm");
  const std::string erp = dead_letter("erp");
  Selection selection;
  selection.platform = "erp";
  selection.error_class = "timeout";
  EXPECT_EQ(replay(selection), 0);
  selection.error_class = "http_5xx";
  EXPECT_EQ(replay(selection), 1);
  EXPECT_EQ(node_.status(crm), EventStatus::kDeadLetter);
  EXPECT_EQ(node_.status(erp), EventStatus::kPending);
}

TEST_P(Operating, ReplaysAllOrNothing) {  // fault 5
  const std::string id = dead_letter();
  {
    Node gone = std::move(node_);
  }
  ASSERT_TRUE(killed_at("replay.before_commit", place_.url(), "replay"));
  Node next(place_.url());
  EXPECT_EQ(next.status(id), EventStatus::kDeadLetter);
  EXPECT_THAT(value_of(next.store().list_dead_letters({}, {})).rows, SizeIs(1));
  EXPECT_EQ(next.ledger().dead_letter, 1);
}

TEST_P(Operating, DiscardsOpenEventsAndDeadLettersWithTheReason) {
  const std::string dead = dead_letter();
  const std::string delivered = node_.accept(node_.event()).id;
  node_.deliver(node_.claim_one());
  const std::string retrying = node_.accept(node_.event()).id;
  node_.retry(node_.claim_one(), Seconds{10});
  const std::string pending = node_.accept(node_.event()).id;
  EXPECT_EQ(discard({}, 2), 2);
  EXPECT_EQ(discard({}, 2), 1);
  EXPECT_EQ(discard({}, 2), 0);
  for (const std::string& id : {dead, retrying, pending}) {
    EXPECT_EQ(node_.status(id), EventStatus::kDiscarded);
    EXPECT_EQ(node_.view(id).last_error, "order was cancelled");
    EXPECT_EQ(node_.view(id).next_attempt_at, std::nullopt);
  }
  EXPECT_EQ(node_.status(delivered), EventStatus::kDelivered);
  EXPECT_THAT(node_.claim(), IsEmpty());
  EXPECT_EQ(node_.ledger().discarded, 3);
}

TEST_P(Operating, DiscardTakesTheLeaseOfAnEventInFlight) {
  const std::string id = node_.accept(node_.event()).id;
  const ClaimedEvent in_flight = node_.claim_one();
  EXPECT_EQ(discard({}), 1);
  EXPECT_EQ(node_.deliver(in_flight), RecordReply::kLeaseLost);
  EXPECT_EQ(node_.status(id), EventStatus::kDiscarded);
}

TEST_P(Operating, DisablesAndEnablesEndpoints) {
  const DisabledEndpoint endpoint{7, "crm", "https://crm.example/a", "410 Gone", node_.now};
  value_of(node_.store().disable_endpoint(endpoint));
  value_of(node_.store().disable_endpoint({8, "crm", "https://crm.example/b", "by hand", node_.now}));
  value_of(node_.store().disable_endpoint({7, "crm", "https://crm.example/a", "by hand", node_.now + Seconds{1}}));
  const auto disabled = value_of(node_.store().disabled_endpoints());
  ASSERT_THAT(disabled, SizeIs(2));
  EXPECT_EQ(disabled[0].endpoint_key, 7);
  EXPECT_EQ(disabled[0].platform, "crm");
  EXPECT_EQ(disabled[0].url, "https://crm.example/a");
  EXPECT_EQ(disabled[0].reason, "by hand");
  EXPECT_EQ(disabled[0].disabled_at, node_.now + Seconds{1});
  EXPECT_TRUE(value_of(node_.store().enable_endpoint(7)));
  EXPECT_FALSE(value_of(node_.store().enable_endpoint(7)));
  EXPECT_THAT(value_of(node_.store().disabled_endpoints()), SizeIs(1));
}

TEST_P(Operating, KeepsApiKeysAndRevokesThem) {
  value_of(node_.store().add_api_key({"0123456789ab", "billing", "events:write", std::string(64, 'a'), node_.now, {}}));
  value_of(node_.store().add_api_key(
      {"ba9876543210", "ops", "events:read admin", std::string(64, 'b'), node_.now + Seconds{1}, {}}));
  EXPECT_NE(code_of(node_.store().add_api_key({"0123456789ab", "again", "admin", std::string(64, 'c'), node_.now, {}})),
            "ok");
  EXPECT_TRUE(value_of(node_.store().revoke_api_key("0123456789ab", node_.now + Seconds{5})));
  EXPECT_FALSE(value_of(node_.store().revoke_api_key("0123456789ab", node_.now + Seconds{9})));
  EXPECT_TRUE(value_of(node_.store().revoke_api_key("0123456789ab", node_.now + Seconds{3})))
      << "earlier than it would";
  EXPECT_FALSE(value_of(node_.store().revoke_api_key("unknown", node_.now)));
  const auto keys = value_of(node_.store().api_keys());
  ASSERT_THAT(keys, SizeIs(2));
  EXPECT_EQ(keys[0].id, "0123456789ab");
  EXPECT_EQ(keys[0].name, "billing");
  EXPECT_EQ(keys[0].scopes, "events:write");
  EXPECT_EQ(keys[0].hash, std::string(64, 'a'));
  EXPECT_EQ(keys[0].created_at, node_.now);
  EXPECT_EQ(keys[0].revoked_at, node_.now + Seconds{3});
  EXPECT_TRUE(keys[0].valid_at(node_.now + Seconds{2}));
  EXPECT_FALSE(keys[0].valid_at(node_.now + Seconds{3}));
  EXPECT_EQ(keys[1].revoked_at, std::nullopt);
}

YIZHAN_ON_EVERY_ENGINE(Operating);

}  // namespace
}  // namespace yizhan::store::contract

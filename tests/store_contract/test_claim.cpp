// Claims, leases and giving back: one owner for each event, and none that stays for ever.
#include <algorithm>

#include "contract_test.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Claiming : public Contract {
 protected:
  std::string accept_due(UtcTime due, std::int64_t endpoint_key = kEndpoint) {
    NewEvent event = node_.event();
    event.first_attempt_at = due;
    event.endpoint_key = endpoint_key;
    return node_.accept(std::move(event)).id;
  }
};

TEST_P(Claiming, GivesTheWholeEvent) {
  NewEvent handed = node_.event();
  handed.event.correlation = "c";
  handed.event.order_key = "o";
  handed.event.traceparent = "t";
  const Accepted accepted = node_.accept(handed);
  const ClaimedEvent claimed = node_.claim_one();
  EXPECT_EQ(claimed.sequence, accepted.sequence);
  EXPECT_EQ(claimed.event.id, handed.event.id);
  EXPECT_EQ(claimed.event.platform, handed.event.platform);
  EXPECT_EQ(claimed.event.event_type, handed.event.event_type);
  EXPECT_EQ(claimed.event.callback_target, handed.event.callback_target);
  EXPECT_EQ(claimed.event.payload, handed.event.payload);
  EXPECT_EQ(claimed.event.correlation, "c");
  EXPECT_EQ(claimed.event.order_key, "o");
  EXPECT_EQ(claimed.event.traceparent, "t");
  EXPECT_EQ(claimed.event.created_at, handed.event.created_at);
  EXPECT_EQ(claimed.status, EventStatus::kPending);
  EXPECT_EQ(claimed.attempt_count, 0);
  EXPECT_EQ(claimed.tries_in_run, 0);
  EXPECT_EQ(claimed.next_attempt_at, handed.first_attempt_at);
  EXPECT_THAT(claimed.lease_token, testing::Not(IsEmpty()));
}

TEST_P(Claiming, TakesWhatIsDueByDueTime) {
  const std::string third = accept_due(node_.now);
  const std::string first = accept_due(node_.now - Seconds{20});
  const std::string second = accept_due(node_.now - Seconds{10});
  const std::string later = accept_due(node_.now + Microseconds{1});
  EXPECT_THAT(ids_of(node_.claim()), ElementsAre(first, second, third));
  node_.now += Microseconds{1};
  EXPECT_THAT(ids_of(node_.claim()), ElementsAre(later));
}

TEST_P(Claiming, TakesTheOldestOfThoseDueAtOnce) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(accept_due(node_.now));
  EXPECT_EQ(ids_of(node_.claim()), ids);
}

TEST_P(Claiming, KeepsToItsLimit) {
  for (int i = 0; i < 5; ++i) accept_due(node_.now - Seconds{5 - i});
  EXPECT_THAT(node_.claim(kEndpoint, 0), IsEmpty());
  EXPECT_THAT(node_.claim(kEndpoint, 2), SizeIs(2));
  EXPECT_THAT(node_.claim(kEndpoint, 2), SizeIs(2));
  EXPECT_THAT(node_.claim(kEndpoint, 2), SizeIs(1));
  EXPECT_THAT(node_.claim(kEndpoint, 2), IsEmpty());
}

TEST_P(Claiming, FindsWhatCameToStandBeforeThoseThatWereClaimed) {
  for (int i = 0; i < 4; ++i) accept_due(node_.now - Seconds{4 - i});
  EXPECT_THAT(node_.claim(kEndpoint, 2), SizeIs(2));
  const std::string earlier = accept_due(node_.now - Seconds{60});
  // A claim that follows a full one may pass over it, but then says that it is to be asked again at once.
  std::vector<std::string> found;
  for (int claims = 0; claims < 3; ++claims) {
    WriteBatch batch;
    batch.now = node_.now;
    batch.claims.push_back({kEndpoint, 3, "token " + std::to_string(claims), Milliseconds{60000}});
    const auto reply = node_.store().write(batch);
    ASSERT_TRUE(reply) << reply.error().message;
    for (const ClaimedEvent& event : reply->claims.front().events) found.push_back(event.event.id);
    const auto next = reply->claims.front().next_available_at;
    if (!next || *next > node_.now) break;
  }
  EXPECT_THAT(found, SizeIs(3));
  EXPECT_THAT(found, testing::Contains(earlier));
}

TEST_P(Claiming, LeavesOtherEndpointsAlone) {
  const std::string own = accept_due(node_.now, 1);
  accept_due(node_.now, 2);
  EXPECT_THAT(ids_of(node_.claim(1)), ElementsAre(own));
}

TEST_P(Claiming, GivesAnEventToOneOnly) {
  accept_due(node_.now);
  WriteBatch batch;
  batch.now = node_.now;
  batch.claims.push_back({kEndpoint, 10, "one", kLongLease});
  batch.claims.push_back({kEndpoint, 10, "two", kLongLease});
  const WriteReply reply = node_.write(batch);
  EXPECT_THAT(reply.claims.at(0).events, SizeIs(1));
  EXPECT_THAT(reply.claims.at(1).events, IsEmpty());
  EXPECT_THAT(node_.claim(), IsEmpty());
}

TEST_P(Claiming, DoesNotChangeTheStatus) {
  const std::string id = accept_due(node_.now);
  node_.claim_one();
  const EventView view = node_.view(id);
  EXPECT_EQ(view.status, EventStatus::kPending);
  EXPECT_EQ(view.attempt_count, 0);
  EXPECT_EQ(view.next_attempt_at, node_.now);
  EXPECT_NE(view.lease_expires_at, std::nullopt);
}

TEST_P(Claiming, ClaimsAgainWhenTheLeaseHasEnded) {  // fault 3
  const std::string id = accept_due(node_.now);
  const ClaimedEvent first = node_.claim_one(kEndedLease);
  const ClaimedEvent second = node_.claim_one();
  EXPECT_EQ(second.event.id, id);
  EXPECT_NE(second.lease_token, first.lease_token);
  EXPECT_EQ(second.attempt_count, 0);
}

TEST_P(Claiming, ClaimsWhatWasTakenAtAcceptanceWhenThatLeaseHasEnded) {  // fault 3
  NewEvent handed = node_.event();
  handed.lease_token = "gone";
  handed.lease = kEndedLease;
  const Accepted accepted = node_.accept(handed);
  EXPECT_THAT(ids_of(node_.claim()), ElementsAre(accepted.id));
}

TEST_P(Claiming, DoesNotEndALeaseWhenTheWallClockJumps) {  // fault 15
  accept_due(node_.now);
  node_.claim_one();
  node_.now += std::chrono::hours{24 * 366};
  EXPECT_THAT(node_.claim(), IsEmpty());
  node_.now -= std::chrono::hours{2 * 24 * 366};
  EXPECT_THAT(node_.claim(), IsEmpty());
}

TEST_P(Claiming, TellsWhenTheNextIsDue) {
  EXPECT_EQ(node_.claim_reply().next_available_at, std::nullopt);
  accept_due(node_.now + Seconds{9});
  accept_due(node_.now + Seconds{5});
  accept_due(node_.now);
  accept_due(node_.now, 2);
  EXPECT_EQ(node_.claim_reply().next_available_at, node_.now + Seconds{5});
  accept_due(node_.now);
  accept_due(node_.now - Seconds{1});
  EXPECT_EQ(node_.claim_reply(kEndpoint, 1).next_available_at, node_.now);
}

TEST_P(Claiming, CountsTheLeasesOfOthersAsNextDueButNotItsOwn) {
  accept_due(node_.now);
  EXPECT_EQ(node_.claim_reply().next_available_at, std::nullopt);
  const auto other_ends = node_.claim_reply().next_available_at;
  ASSERT_NE(other_ends, std::nullopt);
}

TEST_P(Claiming, KeepsTheEventsOfADisabledEndpoint) {  // fault 25
  const std::string id = accept_due(node_.now);
  value_of(node_.store().disable_endpoint({kEndpoint, "crm", "https://crm.example/callback", "410 Gone", node_.now}));
  const ClaimReply none = node_.claim_reply();
  EXPECT_THAT(none.events, IsEmpty());
  EXPECT_EQ(none.next_available_at, std::nullopt);
  EXPECT_TRUE(value_of(node_.store().enable_endpoint(kEndpoint)));
  EXPECT_THAT(ids_of(node_.claim()), ElementsAre(id));
}

TEST_P(Claiming, GivesBackUnsent) {
  const std::string id = accept_due(node_.now);
  const ClaimedEvent claimed = node_.claim_one();
  node_.release({claimed.sequence, claimed.lease_token, {}, {}, {}});
  const EventView view = node_.view(id);
  EXPECT_EQ(view.lease_expires_at, std::nullopt);
  EXPECT_EQ(view.attempt_count, 0);
  EXPECT_EQ(view.next_attempt_at, node_.now);
  EXPECT_EQ(node_.claim_one().event.id, id);
}

TEST_P(Claiming, GivesBackToAnotherEndpointForLater) {
  const std::string id = accept_due(node_.now, kUnrouted);
  const ClaimedEvent claimed = node_.claim(kUnrouted).at(0);
  node_.release({claimed.sequence, claimed.lease_token, kEndpoint, node_.now + Seconds{60}, "platform not configured"});
  EXPECT_EQ(node_.view(id).last_error, "platform not configured");
  EXPECT_EQ(node_.view(id).status, EventStatus::kPending);
  EXPECT_THAT(node_.claim(kUnrouted), IsEmpty());
  EXPECT_THAT(node_.claim(), IsEmpty());
  node_.now += Seconds{60};
  EXPECT_THAT(ids_of(node_.claim()), ElementsAre(id));
}

TEST_P(Claiming, DoesNotGiveBackWhatItNoLongerHolds) {
  accept_due(node_.now);
  const ClaimedEvent late = node_.claim_one(kEndedLease);
  const ClaimedEvent current = node_.claim_one();
  node_.release({late.sequence, late.lease_token, kEndpoint + 1, node_.now + Seconds{60}, "late"});
  EXPECT_THAT(node_.claim(), IsEmpty());
  EXPECT_EQ(node_.deliver(current), RecordReply::kRecorded);
}

TEST_P(Claiming, WritesRecordsAcceptsReleasesAndClaimsInThatOrder) {
  accept_due(node_.now);
  accept_due(node_.now);
  const auto claimed = node_.claim();
  NewEvent fresh = node_.event();
  WriteBatch batch;
  batch.now = node_.now;
  batch.records.push_back(node_.result(claimed.at(0), EventStatus::kRetrying));
  batch.accepts.push_back({{fresh}});
  batch.releases.push_back({claimed.at(1).sequence, claimed.at(1).lease_token, {}, {}, {}});
  batch.claims.push_back({kEndpoint, 10, "all", kLongLease});
  const WriteReply reply = node_.write(batch);
  EXPECT_THAT(reply.records, ElementsAre(RecordReply::kRecorded));
  EXPECT_THAT(ids_of(reply.claims.at(0).events),
              ElementsAre(claimed.at(0).event.id, claimed.at(1).event.id, fresh.event.id));
}

TEST_P(Claiming, ListsEndpointsThatHaveOpenEvents) {
  EXPECT_THAT(value_of(node_.store().endpoints_due(INT64_MIN, 10)), IsEmpty());
  accept_due(node_.now + Seconds{30}, 7);
  accept_due(node_.now + Seconds{20}, 7);
  accept_due(node_.now, 3);
  accept_due(node_.now, kUnrouted);
  accept_due(node_.now, INT64_MAX);
  const auto keys = [&](std::int64_t after, int limit) {
    std::vector<std::int64_t> found;
    for (const EndpointDue& due : value_of(node_.store().endpoints_due(after, limit)))
      found.push_back(due.endpoint_key);
    return found;
  };
  EXPECT_THAT(keys(INT64_MIN, 10), ElementsAre(kUnrouted, 3, 7, INT64_MAX));
  EXPECT_THAT(keys(INT64_MIN, 2), ElementsAre(kUnrouted, 3));
  EXPECT_THAT(keys(3, 10), ElementsAre(7, INT64_MAX));
  EXPECT_THAT(keys(INT64_MAX, 10), IsEmpty());
  EXPECT_EQ(value_of(node_.store().endpoints_due(3, 1)).at(0).available_at, node_.now + Seconds{20});
  node_.deliver(node_.claim(3).at(0));
  EXPECT_THAT(keys(INT64_MIN, 10), ElementsAre(kUnrouted, 7, INT64_MAX));
}

YIZHAN_ON_EVERY_ENGINE(Claiming);

}  // namespace
}  // namespace yizhan::store::contract

// Which secret signs: an event carries its replay's choice to whoever claims it, until the next replay.
#include <gmock/gmock.h>

#include "contract_test.h"
#include "old_store.h"
#include "store/audit.h"
#include "store/replay_jobs.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class SigningSecrets : public Contract {
 protected:
  std::string dead_letter() {
    const std::string id = node_.accept(node_.event()).id;
    node_.bury(node_.claim_one());
    return id;
  }
  void replay(const std::vector<std::string>& ids, SigningSecret secret) {
    node_.now += Seconds{1};
    AuditEntry entry;
    entry.at = node_.now;
    entry.actor = "lin@bastion";
    Selection chunk;
    chunk.ids = ids;
    ASSERT_EQ(value_of(replay_audited(node_.store(), entry, chunk, secret, node_.now)), std::ssize(ids));
  }
  ClaimedEvent claim_replayed(Milliseconds lease = kLongLease) {
    const auto claimed = node_.claim(kUnrouted, 100, lease);
    if (claimed.size() != 1) throw std::runtime_error("one event is due");
    return claimed.front();
  }
  SigningSecret secret(const std::string& id) { return node_.view(id).event.secret; }

  /// Has one job release every dead letter.
  std::int64_t release_all(SigningSecret secret) {
    ReplayRequest request;
    request.selection.platform = "crm";
    request.selection.statuses = {EventStatus::kDeadLetter};
    request.actor = "lin@bastion";
    request.secret = secret;
    request.matching = value_of(node_.store().count(request.selection));
    const ReplayJob job = value_of(start_replay(node_.store(), request, AuditOrigin::kCli, node_.now));
    ReplayStep step;
    step.job_id = job.id;
    step.statuses = job.request.selection.statuses;
    step.secret = job.request.secret;
    step.exhausted = true;
    for (const EventView& event : value_of(node_.store().list_events(request.selection, {.oldest_first = true})).rows) {
      step.picks.push_back({event.event.id, event.sequence, kEndpoint});
      step.new_position = event.sequence;
    }
    const auto passed = value_of(pass_replays(node_.store(), {step}, "one", Milliseconds{10'000}, node_.now));
    EXPECT_EQ(passed.released, request.matching);
    return job.id;
  }
};

TEST_P(SigningSecrets, AnEventIsSignedAsItsPlatformSigns) {
  const std::string id = node_.accept(node_.event()).id;
  EXPECT_EQ(secret(id), SigningSecret::kCurrent);
  EXPECT_EQ(node_.claim_one().event.secret, SigningSecret::kCurrent);
}

TEST_P(SigningSecrets, AReplayChoosesForItsEventsAndForNoOthers) {
  const std::string chosen = dead_letter();
  const std::string other = dead_letter();
  replay({chosen}, SigningSecret::kPrevious);
  EXPECT_EQ(secret(chosen), SigningSecret::kPrevious);
  EXPECT_EQ(secret(other), SigningSecret::kCurrent);
  const ClaimedEvent first = claim_replayed();
  EXPECT_EQ(first.event.secret, SigningSecret::kPrevious);
  // It lasts for every attempt of the run.
  node_.retry(first, Milliseconds{0});
  EXPECT_EQ(claim_replayed().event.secret, SigningSecret::kPrevious);
  EXPECT_THAT(value_of(find_audit_of_event(node_.store(), chosen)).back().detail, HasSubstr(R"("secret":"previous")"));
}

TEST_P(SigningSecrets, ALeaseThatEndedBringsItAlong) {
  const std::string id = dead_letter();
  replay({id}, SigningSecret::kPrevious);
  claim_replayed(kEndedLease);
  EXPECT_EQ(claim_replayed().event.secret, SigningSecret::kPrevious);
}

TEST_P(SigningSecrets, TheNextReplayTakesItAway) {
  const std::string id = dead_letter();
  replay({id}, SigningSecret::kPrevious);
  node_.bury(claim_replayed());
  EXPECT_EQ(secret(id), SigningSecret::kPrevious);  // what was tried stays to be seen
  replay({id}, SigningSecret::kCurrent);
  EXPECT_EQ(secret(id), SigningSecret::kCurrent);
  EXPECT_EQ(claim_replayed().event.secret, SigningSecret::kCurrent);
}

TEST_P(SigningSecrets, AReplayByHandTakesItAway) {
  const std::string dead = dead_letter();
  const std::string retrying = dead_letter();
  replay({dead, retrying}, SigningSecret::kPrevious);
  for (const ClaimedEvent& claimed : node_.claim(kUnrouted)) {
    claimed.event.id == dead ? node_.bury(claimed) : node_.retry(claimed, Milliseconds{0});
  }
  node_.sql("UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = NOW()");
  EXPECT_EQ(secret(dead), SigningSecret::kCurrent);
  EXPECT_EQ(secret(retrying), SigningSecret::kCurrent);
}

TEST_P(SigningSecrets, AnEditThatIsNoReplayLeavesIt) {
  const std::string id = dead_letter();
  replay({id}, SigningSecret::kPrevious);
  node_.sql("UPDATE cs_platform_event_outbox SET next_attempt_at = NOW() WHERE id = '" + id + "'");
  EXPECT_EQ(secret(id), SigningSecret::kPrevious);
  node_.sql("UPDATE cs_platform_event_outbox SET status = 'delivered' WHERE id = '" + id + "'");
  EXPECT_EQ(secret(id), SigningSecret::kPrevious);
}

TEST_P(SigningSecrets, AReplayOfManyChoosesForWhatItReleases) {
  const std::vector<std::string> ids{dead_letter(), dead_letter()};
  const std::int64_t job = release_all(SigningSecret::kPrevious);
  EXPECT_EQ(value_of(find_replay(node_.store(), job))->request.secret, SigningSecret::kPrevious);
  for (const ClaimedEvent& claimed : node_.claim(kUnrouted)) {
    EXPECT_EQ(claimed.event.secret, SigningSecret::kPrevious);
    node_.bury(claimed);
  }
  const std::int64_t next = release_all(SigningSecret::kCurrent);
  EXPECT_EQ(value_of(find_replay(node_.store(), next))->request.secret, SigningSecret::kCurrent);
  const auto claimed = node_.claim(kUnrouted);
  ASSERT_THAT(claimed, SizeIs(2));
  for (const ClaimedEvent& each : claimed) EXPECT_EQ(each.event.secret, SigningSecret::kCurrent);
  // What each release was signed with stays on record.
  std::vector<SigningSecret> secrets;
  for (const ReplayOfEvent& each : value_of(find_replays_of_event(node_.store(), ids[0]))) {
    secrets.push_back(each.secret);
  }
  EXPECT_THAT(secrets, ElementsAre(SigningSecret::kPrevious, SigningSecret::kCurrent));
  std::vector<std::string> details;
  for (const AuditEntry& each : value_of(list_audit(node_.store(), {}, {.oldest_first = true})).rows) {
    details.push_back(each.detail);
  }
  EXPECT_THAT(details, ElementsAre(HasSubstr(R"("secret":"previous")"), HasSubstr(R"("secret":"current")")));
}

TEST_P(SigningSecrets, AStoreOfVersionSixGoesOnWithWhatItHolds) {
  Place place(GetParam());
  make_old_store(GetParam(), place.url(), 6);
  run_in_old_store(GetParam(), place.url(),
                   "INSERT INTO cs_platform_event_outbox (id, platform, event_type, status) "
                   "VALUES ('old', 'crm', 'a.b', 'dead_letter')");
  Node node(place.url());
  EXPECT_EQ(node.view("old").event.secret, SigningSecret::kCurrent);
  node.sql(
      "UPDATE cs_platform_event_outbox SET status = 'pending', next_attempt_at = '2026-01-05 00:00:00' "
      "WHERE id = 'old'");
  const auto claimed = node.claim(kUnrouted);
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_EQ(claimed.front().event.secret, SigningSecret::kCurrent);
}

YIZHAN_ON_EVERY_ENGINE(SigningSecrets);

}  // namespace
}  // namespace yizhan::store::contract

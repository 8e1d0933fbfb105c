// Replay jobs: what they release, in which order, once each, whoever works on them and dies. (faults 5, 28)
#include <gmock/gmock.h>

#include <map>
#include <random>

#include "contract_test.h"
#include "store/replay_jobs.h"

namespace yizhan::store::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Milliseconds kLease{10'000};

class ReplayJobs : public Contract {
 protected:
  std::string dead_letter() {
    const std::string id = node_.accept(node_.event()).id;
    node_.bury(node_.claim_one());
    return id;
  }
  std::vector<std::string> dead_letters(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back(dead_letter());
    return ids;
  }
  ReplayJob start(std::vector<EventStatus> statuses = {EventStatus::kDeadLetter}, std::string new_target = "") {
    ReplayRequest request;
    request.selection.platform = "crm";
    request.selection.statuses = std::move(statuses);
    request.selection.created_until = node_.now + Seconds{1};
    request.actor = "lin@bastion";
    request.reason = "the endpoint is mended";
    request.new_target = std::move(new_target);
    request.matching = value_of(node_.store().count(request.selection));
    return value_of(start_replay(node_.store(), request, AuditOrigin::kCli, node_.now));
  }
  ReplayJob job(std::int64_t id) { return value_of(find_replay(node_.store(), id)).value(); }

  /// The step that a runner with this much room makes next.
  static ReplayStep next_step(Store& store, const ReplayJob& job, int room) {
    const auto rows = value_of(
        store.list_events(job.request.selection, {.limit = room, .after = job.position, .oldest_first = true}));
    ReplayStep step;
    step.job_id = job.id;
    step.statuses = job.request.selection.statuses;
    step.new_target = job.request.new_target;
    step.position = job.position;
    step.new_position = job.position;
    for (const EventView& event : rows.rows) {
      step.picks.push_back({event.event.id, event.sequence, kEndpoint});
      step.new_position = event.sequence;
    }
    step.exhausted = rows.next == 0;
    return step;
  }
  ReplayPassed pass(const std::vector<ReplayStep>& steps, std::string_view runner = "one") {
    return value_of(pass_replays(node_.store(), steps, runner, kLease, node_.now));
  }
  ReplayPassed work(std::int64_t id, int room, std::string_view runner = "one") {
    return pass({next_step(node_.store(), job(id), room)}, runner);
  }
  void deliver_released() {
    for (const ClaimedEvent& event : node_.claim(kUnrouted)) node_.deliver(event);
  }
};

TEST_P(ReplayJobs, ReleasesTheOldestFirstAndIsDoneWhenTheyHaveEnded) {
  const auto ids = dead_letters(3);
  node_.now += Seconds{10};
  const ReplayJob begun = start();
  EXPECT_EQ(begun.state, ReplayState::kRunning);
  EXPECT_EQ(begun.request.matching, 3);
  EXPECT_EQ(work(begun.id, 2).released, 2);
  EXPECT_EQ(node_.status(ids[0]), EventStatus::kPending);
  EXPECT_EQ(node_.status(ids[1]), EventStatus::kPending);
  EXPECT_EQ(node_.status(ids[2]), EventStatus::kDeadLetter);
  EXPECT_EQ(job(begun.id).still_open(), 2);
  EXPECT_EQ(value_of(look_at_replays(node_.store(), "one")).open.at(kEndpoint), 2);

  EXPECT_EQ(work(begun.id, 2).released, 1);
  EXPECT_EQ(job(begun.id).state, ReplayState::kRunning);
  const auto released = node_.claim(kUnrouted);
  ASSERT_THAT(released, SizeIs(3));
  node_.deliver(released[0]);
  node_.bury(released[1]);
  EXPECT_EQ(pass({}).delivered, 1);
  EXPECT_EQ(job(begun.id).dead, 1);
  Selection third;
  third.ids = {ids[2]};
  value_of(node_.store().discard(third, 1, "enough", node_.now));
  EXPECT_EQ(pass({}).ended, 1);
  const ReplayJob done = job(begun.id);
  EXPECT_EQ(done.state, ReplayState::kDone);
  EXPECT_EQ(done.delivered, 1);
  EXPECT_EQ(done.released, 3);
  EXPECT_EQ(done.finished_at, node_.now);
  EXPECT_THAT(value_of(look_at_replays(node_.store(), "one")).open, IsEmpty());
  EXPECT_EQ(node_.ledger().delivered, 1);
}

TEST_P(ReplayJobs, BeginsWithAnEntryInTheAuditTrail) {
  dead_letter();
  const ReplayJob begun = start();
  AuditEntry entry;
  entry.at = node_.now;
  entry.origin = AuditOrigin::kApi;
  entry.actor = "billing (0123456789ab)";
  value_of(control_replay(node_.store(), begun.id, ReplayAction::kPause, entry));
  value_of(control_replay(node_.store(), begun.id, ReplayAction::kPause, entry));  // it is already: no entry
  std::vector<std::string> actions;
  for (const AuditEntry& each : value_of(list_audit(node_.store(), {}, {.oldest_first = true})).rows) {
    actions.push_back(each.action);
    EXPECT_EQ(each.object, std::to_string(begun.id));
  }
  EXPECT_THAT(actions, ElementsAre("replay.start", "replay.pause"));
}

TEST_P(ReplayJobs, LeavesAloneWhatChangedBeforeItsTurn) {
  const auto ids = dead_letters(3);
  const ReplayJob begun = start();
  const ReplayStep step = next_step(node_.store(), begun, 10);
  Selection first;
  first.ids = {ids[0]};
  value_of(node_.store().discard(first, 1, "refunded", node_.now));
  node_.sql("UPDATE cs_platform_event_outbox SET status = 'delivered', last_error = NULL WHERE id = '" + ids[1] + "'");
  EXPECT_EQ(pass({step}).released, 1);
  EXPECT_EQ(node_.status(ids[0]), EventStatus::kDiscarded);
  EXPECT_EQ(node_.status(ids[1]), EventStatus::kDelivered);
  EXPECT_EQ(node_.status(ids[2]), EventStatus::kPending);
  EXPECT_EQ(job(begun.id).left_alone, 2);
}

TEST_P(ReplayJobs, APausedJobReleasesNothingAndGoesOnWhereItStood) {
  const auto ids = dead_letters(2);
  const ReplayJob begun = start();
  work(begun.id, 1);
  const ReplayStep late = next_step(node_.store(), job(begun.id), 5);
  AuditEntry entry;
  entry.actor = "lin";
  EXPECT_EQ(value_of(control_replay(node_.store(), begun.id, ReplayAction::kPause, entry)).state, ReplayState::kPaused);
  EXPECT_THAT(pass({late}).lost, ElementsAre(begun.id));
  EXPECT_EQ(node_.status(ids[1]), EventStatus::kDeadLetter);
  deliver_released();
  EXPECT_EQ(pass({}).delivered, 1);  // what was released counts on
  value_of(control_replay(node_.store(), begun.id, ReplayAction::kResume, entry));
  EXPECT_EQ(work(begun.id, 5).released, 1);
  deliver_released();
  pass({});
  EXPECT_EQ(job(begun.id).state, ReplayState::kDone);
  EXPECT_EQ(code_of(control_replay(node_.store(), begun.id, ReplayAction::kCancel, entry)), "replay_ended");
  EXPECT_EQ(code_of(control_replay(node_.store(), 4711, ReplayAction::kCancel, entry)), "replay_not_found");
}

TEST_P(ReplayJobs, ACancelledJobReleasesNothingMore) {
  const auto ids = dead_letters(2);
  const ReplayJob begun = start();
  work(begun.id, 1);
  const ReplayStep late = next_step(node_.store(), job(begun.id), 5);
  AuditEntry entry;
  entry.actor = "lin";
  value_of(control_replay(node_.store(), begun.id, ReplayAction::kCancel, entry));
  EXPECT_THAT(pass({late}).lost, ElementsAre(begun.id));
  EXPECT_EQ(node_.status(ids[1]), EventStatus::kDeadLetter);
  deliver_released();
  pass({});
  EXPECT_EQ(job(begun.id).delivered, 1);
  EXPECT_EQ(job(begun.id).state, ReplayState::kCancelled);
}

TEST_P(ReplayJobs, AnotherRunnerTakesOverWhenTheLeaseHasEnded) {
  dead_letters(3);
  const ReplayJob begun = start();
  // On PostgreSQL a lease ends by the server's clock: one that has ended when it is committed.
  value_of(pass_replays(node_.store(), {next_step(node_.store(), job(begun.id), 1)}, "one", kLease, node_.now));
  EXPECT_TRUE(value_of(look_at_replays(node_.store(), "one")).running.front().held_by_other == false);
  EXPECT_THAT(work(begun.id, 1, "two").lost, ElementsAre(begun.id));
  value_of(
      pass_replays(node_.store(), {next_step(node_.store(), job(begun.id), 1)}, "one", Milliseconds{0}, node_.now));
  node_.now += Milliseconds{1};
  EXPECT_EQ(work(begun.id, 1, "two").released, 1);
  EXPECT_EQ(job(begun.id).released, 3);
}

TEST_P(ReplayJobs, ARunnerThatStopsLeavesItsJobsToTheNext) {
  dead_letters(3);
  const ReplayJob begun = start();
  EXPECT_EQ(work(begun.id, 1, "one").released, 1);
  ASSERT_TRUE(leave_replays(node_.store(), "two"));
  EXPECT_THAT(work(begun.id, 1, "two").lost, ElementsAre(begun.id));
  ASSERT_TRUE(leave_replays(node_.store(), "one"));
  EXPECT_EQ(work(begun.id, 1, "two").released, 1);
}

TEST_P(ReplayJobs, AStepFromAnotherPositionIsNotMade) {
  dead_letters(2);
  const ReplayJob begun = start();
  const ReplayStep step = next_step(node_.store(), begun, 1);
  EXPECT_EQ(pass({step}).released, 1);
  EXPECT_THAT(pass({step}).lost, ElementsAre(begun.id));
  EXPECT_EQ(job(begun.id).released, 1);
}

TEST_P(ReplayJobs, GivesEventsAnotherAddressAndKeepsTheFormerOnRecord) {
  const std::string id = dead_letter();
  const ReplayJob begun = start({EventStatus::kDeadLetter}, "https://new.example/hook");
  work(begun.id, 5);
  EXPECT_EQ(node_.view(id).event.callback_target, "https://new.example/hook");
  const auto replays = value_of(find_replays_of_event(node_.store(), id));
  ASSERT_THAT(replays, SizeIs(1));
  EXPECT_TRUE(replays.front().moved);
  EXPECT_EQ(replays.front().former_target, node_.event().event.callback_target);
  EXPECT_EQ(replays.front().actor, "lin@bastion");
  EXPECT_EQ(replays.front().outcome, "open");
}

TEST_P(ReplayJobs, EndsAsFailedWithTheReason) {
  dead_letter();
  const ReplayJob begun = start();
  ReplayStep step;
  step.job_id = begun.id;
  step.failed = true;
  step.last_error = "platform 'crm' is not configured";
  pass({step});
  EXPECT_EQ(job(begun.id).state, ReplayState::kFailed);
  EXPECT_EQ(job(begun.id).last_error, step.last_error);
}

TEST_P(ReplayJobs, CountsTheSelectionByCause) {
  dead_letters(2);
  NewEvent other = node_.event();
  other.event.platform = "erp";
  node_.accept(std::move(other));
  const auto counted = value_of(node_.store().count_by_cause({}));
  ASSERT_THAT(counted, SizeIs(2));
  EXPECT_EQ(counted.at(0).platform, "crm");
  EXPECT_EQ(counted.at(0).error_class, "http_5xx");
  EXPECT_EQ(counted.at(0).count, 2);
  EXPECT_EQ(counted.at(1).error_class, "");
  const RecentAttempts recent = value_of(recent_attempts(node_.store(), "crm"));
  EXPECT_EQ(recent.attempts, 2);
  EXPECT_EQ(recent.delivered, 0);
}

/// Two runners whose leases end at odd moments, events that others change, results in any order: each event is released
/// once, and none that was a dead letter all along is passed over.
TEST_P(ReplayJobs, ReleasesEachEventOnceWhoeverWorks) {
  std::mt19937 random(20260205);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  const auto ids = dead_letters(40);
  // Delivered events count too: one that was released and delivered would be released again if it were looked at twice.
  const std::int64_t id = start({EventStatus::kDeadLetter, EventStatus::kDelivered}).id;
  std::map<std::string, int> released;
  std::vector<std::string> changed_by_others;
  std::vector<ReplayStep> late;  // what a runner planned and then slept over
  for (int turn = 0; turn < 400 && job(id).state == ReplayState::kRunning; ++turn) {
    node_.now += Milliseconds{10};
    switch (below(6)) {
      case 0: {
        const std::string& victim = ids[below(ids.size())];
        if (node_.status(victim) != EventStatus::kDeadLetter) break;
        Selection one;
        one.ids = {victim};
        value_of(node_.store().discard(one, 1, "by hand", node_.now));
        if (!released.contains(victim)) changed_by_others.push_back(victim);
        break;
      }
      case 1:
        deliver_released();
        break;
      case 2:
        late.push_back(next_step(node_.store(), job(id), 3));
        break;
      case 3:
        if (late.empty()) break;
        pass({late[below(late.size())]}, "late");
        break;
      default:
        value_of(pass_replays(node_.store(), {next_step(node_.store(), job(id), 1 + static_cast<int>(below(4)))},
                              below(2) == 0 ? "one" : "two", below(3) == 0 ? kLease : Milliseconds{0}, node_.now));
        node_.now += below(4) == 0 ? kLease : Milliseconds{1};
    }
    for (const std::string& each : ids) {
      const auto replays = value_of(find_replays_of_event(node_.store(), each));
      if (!replays.empty()) released[each] = static_cast<int>(replays.size());
    }
    if (GetParam() == Engine::kPostgres && turn % 20 == 0) {
      // Its leases end by the server's clock.
      node_.sql("UPDATE replay_jobs SET lease_expires_at = now() - interval '1 second' WHERE lease_token IS NOT NULL");
    }
  }
  deliver_released();
  pass({});
  for (const std::string& each : ids) {
    const bool by_others = std::ranges::find(changed_by_others, each) != changed_by_others.end();
    EXPECT_EQ(released[each], by_others ? 0 : 1) << each;
  }
  const ReplayJob done = job(id);
  EXPECT_EQ(done.state, ReplayState::kDone);
  EXPECT_EQ(done.released + static_cast<std::int64_t>(changed_by_others.size()), std::ssize(ids));
  EXPECT_EQ(done.still_open(), 0);
  node_.ledger();
}

YIZHAN_ON_EVERY_ENGINE(ReplayJobs);

}  // namespace
}  // namespace yizhan::store::contract

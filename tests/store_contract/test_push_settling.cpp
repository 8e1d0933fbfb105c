// What becomes of a delivery when its event is recorded, replayed or discarded.
#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "push_calls.h"
#include "store/replay_jobs.h"

namespace yizhan::store::contract {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class PushSettling : public PushContract {
 protected:
  /// Two devices of user-1, and what is claimed of a notification to them: c1, then c2.
  std::vector<ClaimedEvent> send_to_two() {
    desk_.register_device("c1", "user-1");
    desk_.register_device("c2", "user-1");
    desk_.add(notification("m1"));
    desk_.fan_out();
    auto claimed = desk_.claim();
    if (PushDesk::cid_of(claimed.at(0)) != "c1") std::swap(claimed.at(0), claimed.at(1));
    return claimed;
  }
};

TEST_P(PushSettling, SumsUpWhatTheDevicesGot) {
  const auto claimed = send_to_two();
  desk_.deliver(claimed[0]);
  EXPECT_EQ(desk_.outcome("m1", "c1"), "delivered");
  EXPECT_EQ(desk_.sum("m1"), "processing 2/1/0");
  desk_.deliver(claimed[1]);
  EXPECT_EQ(desk_.sum("m1"), "success 2/2/0");
  EXPECT_EQ(node_.ledger().delivered, 2);
}

TEST_P(PushSettling, IsASuccessWhenSomebodyGotIt) {
  const auto claimed = send_to_two();
  desk_.bury(claimed[0]);
  EXPECT_EQ(desk_.sum("m1"), "processing 2/0/1");
  EXPECT_EQ(desk_.view("m1").last_error, "c1: it said push_refused");
  desk_.deliver(claimed[1]);
  EXPECT_EQ(desk_.sum("m1"), "success 2/1/1");
  EXPECT_EQ(desk_.view("m1").last_error, "c1: it said push_refused") << "who did not get it, and why";
}

TEST_P(PushSettling, IsAFailureWhenNobodyDid) {
  const auto claimed = send_to_two();
  desk_.bury(claimed[0]);
  desk_.bury(claimed[1], ErrorClass::kPushIgnored);
  EXPECT_EQ(desk_.sum("m1"), "failed 2/0/2");
  EXPECT_EQ(desk_.outcome("m1", "c1"), "failed");
  EXPECT_EQ(desk_.outcome("m1", "c2"), "ignored") << "taken, and not shown: not delivered";
  EXPECT_EQ(desk_.deliveries("m1").at(1).last_error, "it said push_ignored");
}

TEST_P(PushSettling, SaysThatItIsTriedAgain) {
  const auto claimed = send_to_two();
  desk_.retry(claimed[0]);
  EXPECT_EQ(desk_.sum("m1"), "retrying 2/0/0");
  EXPECT_EQ(desk_.outcome("m1", "c1"), "outstanding");
  EXPECT_EQ(desk_.view("m1").last_error, "c1: it said push_failed");
  const auto again = desk_.claim();
  EXPECT_THAT(again, SizeIs(1));
  EXPECT_EQ(again.at(0).event.id, claimed[0].event.id);
  desk_.retry(again[0]);
  desk_.deliver(desk_.claim().at(0));
  EXPECT_EQ(desk_.sum("m1"), "processing 2/1/0") << "what is still outstanding has not failed yet";
  desk_.deliver(claimed[1]);
  EXPECT_EQ(desk_.sum("m1"), "success 2/2/0");
  EXPECT_EQ(desk_.view("m1").last_error, "");
}

TEST_P(PushSettling, RecordsWhatIsLateOnce) {
  const auto claimed = send_to_two();
  EXPECT_EQ(desk_.deliver(claimed[0]), RecordReply::kRecorded);
  EXPECT_EQ(desk_.deliver(claimed[0]), RecordReply::kLeaseLost);
  EXPECT_EQ(desk_.bury(claimed[0]), RecordReply::kLeaseLost);
  EXPECT_EQ(desk_.sum("m1"), "processing 2/1/0");
}

TEST_P(PushSettling, OfOneBatchCountsThemAll) {
  for (int i = 0; i < 30; ++i) desk_.register_device(fmt::format("c{:02}", i), i % 2 == 0 ? "user-1" : "user-2");
  desk_.add(notification("m1"));
  desk_.add(notification("m2", Audience::kUser, "user-2"));
  desk_.fan_out();
  WriteBatch batch;
  batch.now = node_.now;
  int count = 0;
  for (const ClaimedEvent& claimed : desk_.claim()) {
    const bool buried = ++count % 5 == 0;
    batch.records.push_back(desk_.result(claimed, buried ? EventStatus::kDeadLetter : EventStatus::kDelivered,
                                         buried ? ErrorClass::kPushRefused : ErrorClass::kNone));
  }
  const WriteReply reply = node_.write(batch);
  EXPECT_THAT(reply.records, testing::Each(RecordReply::kRecorded));
  const std::string first = desk_.sum("m1");
  const std::string second = desk_.sum("m2");
  EXPECT_THAT(first, HasSubstr("success 15/"));
  EXPECT_THAT(second, HasSubstr("success 15/"));
  EXPECT_EQ(desk_.view("m1").failed + desk_.view("m2").failed, 6);
}

TEST_P(PushSettling, DeactivatesADeviceThatIsNotThere) {
  const auto claimed = send_to_two();
  node_.now += Seconds{1};
  desk_.bury(claimed[0], ErrorClass::kPushTargetInvalid);
  EXPECT_FALSE(desk_.device("c1").is_active);
  EXPECT_EQ(desk_.device("c1").inactive_reason, "it said push_target_invalid");
  EXPECT_TRUE(desk_.device("c2").is_active);
  EXPECT_EQ(desk_.outcome("m1", "c1"), "failed");

  desk_.add(notification("m2"));
  desk_.fan_out();
  EXPECT_EQ(desk_.sum("m2"), "processing 1/0/0") << "to c2 alone";
}

TEST_P(PushSettling, LeavesADeviceAloneThatHasRegisteredSince) {
  const auto claimed = send_to_two();
  AttemptRecord late = desk_.result(claimed[0], EventStatus::kDeadLetter, ErrorClass::kPushTargetInvalid);
  node_.now += Seconds{5};
  desk_.register_device("c1", "user-1");
  late.recorded_at = node_.now;
  EXPECT_EQ(node_.record(late), RecordReply::kRecorded);
  EXPECT_TRUE(desk_.device("c1").is_active);
  EXPECT_EQ(desk_.outcome("m1", "c1"), "failed");
}

TEST_P(PushSettling, OfAReplayedEventBeginsAgain) {
  const auto claimed = send_to_two();
  desk_.deliver(claimed[0]);
  desk_.bury(claimed[1], ErrorClass::kPushIgnored);
  EXPECT_EQ(desk_.sum("m1"), "success 2/1/1");
  Selection failed;
  failed.statuses = {EventStatus::kDeadLetter};
  EXPECT_EQ(value_of(node_.store().replay(failed, 10, node_.now)), 1);
  EXPECT_EQ(desk_.sum("m1"), "retrying 2/1/0");
  desk_.deliver(desk_.claim().at(0));
  EXPECT_EQ(desk_.sum("m1"), "success 2/2/0");

  EXPECT_EQ(value_of(node_.store().replay({}, 10, node_.now)), 2) << "delivered ones too, if somebody wants it";
  EXPECT_EQ(desk_.sum("m1"), "processing 2/0/0");
  desk_.deliver_all();
  EXPECT_EQ(desk_.sum("m1"), "success 2/2/0");
}

TEST_P(PushSettling, OfAnEventThatAReplayJobReleasesBeginsAgain) {
  const auto claimed = send_to_two();
  desk_.deliver(claimed[0]);
  desk_.bury(claimed[1], ErrorClass::kPushIgnored);
  ReplayRequest request;
  request.selection.platform = kPushPlatform;
  request.selection.statuses = {EventStatus::kDeadLetter};
  request.actor = "lin";
  request.matching = 1;
  const ReplayJob job = value_of(start_replay(node_.store(), request, AuditOrigin::kCli, node_.now));
  ReplayStep step;
  step.job_id = job.id;
  step.statuses = request.selection.statuses;
  step.picks = {{claimed[1].event.id, claimed[1].sequence, kEndpoint}};
  step.new_position = claimed[1].sequence;
  step.exhausted = true;
  EXPECT_EQ(value_of(pass_replays(node_.store(), {step}, "runner", Seconds{10}, node_.now)).released, 1);
  EXPECT_EQ(desk_.sum("m1"), "retrying 2/1/0");
  desk_.deliver(desk_.claim().at(0));
  EXPECT_EQ(desk_.sum("m1"), "success 2/2/0");
}

TEST_P(PushSettling, OfADiscardedEventFails) {
  const auto claimed = send_to_two();
  desk_.retry(claimed[0]);
  Selection retrying;
  retrying.statuses = {EventStatus::kRetrying};
  EXPECT_EQ(value_of(node_.store().discard(retrying, 10, "the campaign is over", node_.now)), 1);
  EXPECT_EQ(desk_.outcome("m1", "c1"), "failed");
  EXPECT_EQ(desk_.deliveries("m1").at(0).last_error, "discarded: the campaign is over");
  EXPECT_EQ(desk_.sum("m1"), "processing 2/0/1");
  desk_.deliver(claimed[1]);
  EXPECT_EQ(desk_.sum("m1"), "success 2/1/1");
}

TEST_P(PushSettling, LeavesOtherEventsAlone) {
  const auto claimed = send_to_two();
  node_.accept(node_.event());
  const ClaimedEvent other = node_.claim_one();
  WriteBatch batch;
  batch.now = node_.now;
  batch.records.push_back(node_.result(other, EventStatus::kDelivered));
  batch.records.push_back(desk_.result(claimed[0], EventStatus::kDelivered, ErrorClass::kNone));
  AttemptRecord misnamed = node_.result(other, EventStatus::kDelivered);
  misnamed.is_push = true;  // and there is no delivery of it
  batch.records.push_back(misnamed);
  const auto reply = node_.write(batch);
  EXPECT_EQ(reply.records.at(0), RecordReply::kRecorded);
  EXPECT_EQ(reply.records.at(1), RecordReply::kRecorded);
  EXPECT_EQ(reply.records.at(2), RecordReply::kLeaseLost);
  EXPECT_EQ(desk_.sum("m1"), "processing 2/1/0");
}

TEST_P(PushSettling, OfANotificationThatWasDeletedByHandStillRecordsTheAttempt) {
  const auto claimed = send_to_two();
  runbook("DELETE FROM public.express_notifications");
  EXPECT_EQ(desk_.deliver(claimed[0]), RecordReply::kRecorded);
  EXPECT_EQ(node_.status(claimed[0].event.id), EventStatus::kDelivered);
}

TEST_P(PushSettling, KeepsAnErrorThatIsNoText) {
  const auto claimed = send_to_two();
  AttemptRecord record = desk_.result(claimed[0], EventStatus::kDeadLetter, ErrorClass::kPushRefused);
  record.outcome.error_message = "bad \xff byte";
  EXPECT_EQ(node_.record(record), RecordReply::kRecorded);
  EXPECT_EQ(desk_.sum("m1"), "processing 2/0/1");
  EXPECT_THAT(desk_.deliveries("m1").at(0).last_error, HasSubstr("bad "));
}

YIZHAN_ON_EVERY_ENGINE(PushSettling);

// ---- several nodes
// ---------------------------------------------------------------------------------------------------

class PostgresPushNodes : public testing::Test {
 protected:
  Place place_{Engine::kPostgres};
  Node node_{place_.url()};
  PushDesk desk_{node_};
};

TEST_F(PostgresPushNodes, SettleDevicesOfTheSameNotificationsWithoutLosingAny) {
  constexpr int kDevices = 60;
  for (int i = 0; i < kDevices; ++i) desk_.register_device(fmt::format("c{:02}", i), "user-1");
  const std::vector<std::string> sent{"m1", "m2", "m3"};
  for (const std::string& message_id : sent) desk_.add(notification(message_id));
  desk_.fan_out_all();
  std::vector<std::thread> nodes;
  std::atomic<int> recorded = 0;
  for (int i = 0; i < 3; ++i) {
    nodes.emplace_back([&, i] {
      Node node(place_.url());
      PushDesk desk(node);
      while (true) {
        // Not in the order in which the others meet the notifications.
        auto claimed = node.claim(kPushEndpoint, 9);
        if (claimed.empty()) return;
        if (i % 2 == 1) std::ranges::reverse(claimed);
        WriteBatch batch;
        batch.now = node.now;
        for (const ClaimedEvent& each : claimed) {
          batch.records.push_back(desk.result(each, EventStatus::kDelivered, ErrorClass::kNone));
        }
        for (const RecordReply reply : node.write(batch).records) recorded += reply == RecordReply::kRecorded;
      }
    });
  }
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(recorded, kDevices * 3);
  for (const std::string& message_id : sent) EXPECT_EQ(desk_.sum(message_id), "success 60/60/0");
}

TEST_F(PostgresPushNodes, FanOutTogetherWithoutDoublingAny) {
  for (int i = 0; i < 20; ++i) desk_.register_device(fmt::format("c{:02}", i), fmt::format("user-{}", i % 4));
  for (int i = 0; i < 40; ++i) {
    desk_.add(notification(fmt::format("m{:02}", i), Audience::kUser, fmt::format("user-{}", i % 4)));
  }
  std::vector<std::thread> nodes;
  std::atomic<int> deliveries = 0;
  for (int i = 0; i < 3; ++i) {
    nodes.emplace_back([&] {
      Node node(place_.url());
      PushDesk desk(node);
      desk.options.notifications = 3;
      desk.options.devices = 7;
      FanOutReply reply;
      do {
        reply = desk.fan_out();
        deliveries += reply.deliveries;
      } while (reply.more || (reply.next_available_at && *reply.next_available_at <= node.now + Seconds{1}));
    });
  }
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(deliveries, 200);
  EXPECT_EQ(node_.ledger().accepted, 200);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(desk_.sum(fmt::format("m{:02}", i)), "processing 5/0/0");
}

TEST_F(PostgresPushNodes, DoNotLetANotificationWaitForADeviceThatRegistersMeanwhile) {
  desk_.add(notification("m1"));
  // Another node, in the middle of a registration: it has looked for what waits, and found nothing.
  node_.sql("BEGIN; INSERT INTO push_devices (cid, user_id) VALUES ('c1', 'user-1')");
  node_.sql("SELECT pg_advisory_xact_lock(hashtextextended('user-1', 7301))");
  std::atomic<bool> is_done = false;
  int deliveries = 0;
  std::thread fanning([&] {
    deliveries = desk_.fan_out().deliveries;
    is_done = true;
  });
  Node looking(place_.url());
  const auto is_waiting = [&] {
    return *looking.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").rows.at(0).at(0) !=
           "0";
  };
  while (!is_done && !is_waiting()) std::this_thread::yield();
  node_.sql("COMMIT");
  fanning.join();
  EXPECT_EQ(deliveries, 1);
  EXPECT_EQ(desk_.sum("m1"), "processing 1/0/0");
}

TEST_F(PostgresPushNodes, RecordTheOthersWhileSomebodyKeepsANotificationLocked) {
  desk_.register_device("c1", "user-1");
  desk_.register_device("c2", "user-2");
  desk_.add(notification("m1"));
  desk_.add(notification("m2", Audience::kUser, "user-2"));
  desk_.fan_out();
  const auto claimed = desk_.claim();
  node_.sql("BEGIN; UPDATE express_notifications SET title = 'edited' WHERE message_id = 'm1'");
  WriteBatch batch;
  batch.now = node_.now;
  for (const ClaimedEvent& each : claimed) {
    batch.records.push_back(desk_.result(each, EventStatus::kDelivered, ErrorClass::kNone));
  }
  const auto reply = node_.write(batch);
  node_.sql("ROLLBACK");
  for (std::size_t i = 0; i < claimed.size(); ++i) {
    EXPECT_EQ(reply.records.at(i),
              PushDesk::cid_of(claimed[i]) == "c1" ? RecordReply::kLeaseLost : RecordReply::kRecorded);
  }
  EXPECT_EQ(desk_.sum("m2"), "success 1/1/0");
  EXPECT_EQ(desk_.sum("m1"), "processing 1/0/0") << "its lease ends, and it goes out again under its request id";
}

}  // namespace
}  // namespace yizhan::store::contract

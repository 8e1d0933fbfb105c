#include "store/group_commit.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "group_commit_fixture.h"

namespace yizhan::store {
namespace {

TEST_F(GroupCommitTest, HalfOfWhatWaitsTogetherIsCommittedAndAnsweredTogether) {
  start();
  auto release = hold_writer();
  int answered = 0;
  for (int i = 0; i < 100; ++i) {
    commit_->accept(call_of(new_event(std::to_string(i))), [&, i](auto result, AcceptCall call) {
      ASSERT_TRUE(result);
      EXPECT_EQ(result->front().id, call.events.at(0).event.id);
      EXPECT_EQ(call.events[0].event.payload, std::to_string(i)) << "the call comes back whole";
      ++answered;
    });
  }
  release.set_value();
  executor_.run_until([&] { return answered == 100; });
  EXPECT_EQ(executor_.posts(), 3) << "all completions of one commit in one post";
  const CommitCounters counters = commit_->counters();
  EXPECT_EQ(counters.commits, 3u) << "50, then 32, which is as few as are shared out, then the rest";
  EXPECT_EQ(counters.events_accepted, 100u);
  EXPECT_EQ(counters.failed_commits, 0u);
  EXPECT_TRUE(commit_->healthy());
}

TEST_F(GroupCommitTest, AnEventGoesItsWholeWay) {
  start();
  NewEvent event = new_event();
  event.lease_token = "mine";
  event.lease = Seconds{30};
  const auto accepted = accept_and_wait(call_of(event));
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(accepted->front().leased);
  Release back;
  back.sequence = accepted->front().sequence;
  back.lease_token = "mine";
  commit_->release(back);
  std::optional<ClaimReply> claimed;
  commit_->claim({.endpoint_key = kEndpoint, .limit = 5, .lease_token = "next", .lease = Seconds{30}},
                 [&](Result<ClaimReply> reply) { claimed = std::move(*reply); });
  executor_.run_until([&] { return claimed.has_value(); });
  ASSERT_EQ(claimed->events.size(), 1u);
  std::vector<RecordReply> replies;
  commit_->record(delivered(back.sequence, "next"), [&](RecordReply reply) { replies.push_back(reply); });
  commit_->record(delivered(back.sequence, "next"), [&](RecordReply reply) { replies.push_back(reply); });
  executor_.run_until([&] { return replies.size() == 2; });
  EXPECT_EQ(replies, (std::vector{RecordReply::kRecorded, RecordReply::kLeaseLost}));
  EXPECT_EQ(commit_->counters().results_recorded, 1u);
  EXPECT_EQ(commit_->counters().results_refused, 1u);
  EXPECT_EQ(commit_->counters().events_claimed, 1u);
}

TEST_F(GroupCommitTest, OneTransactionHoldsNoMoreThanItsLimit) {
  start({.batch_limit = 10, .retry_pause = Milliseconds{1}});
  auto release = hold_writer();
  int answered = 0;
  for (int i = 0; i < 25; ++i) {
    commit_->accept(call_of(new_event()), [&](auto, const AcceptCall&) { ++answered; });
  }
  AcceptCall large;
  for (int i = 0; i < 30; ++i) large.events.push_back(new_event());
  commit_->accept(std::move(large), [&](auto result, const AcceptCall&) {
    EXPECT_EQ(result->size(), 30u) << "a call is never divided";
    ++answered;
  });
  release.set_value();
  executor_.run_until([&] { return answered == 26; });
  EXPECT_EQ(commit_->counters().commits, 4u);
  EXPECT_EQ(commit_->counters().events_accepted, 55u);
}

TEST_F(GroupCommitTest, TooManyWaitingCallsAreRefusedAtOnce) {
  start({.waiting_limit = 3});
  auto release = hold_writer();
  int stored = 0;
  std::vector<std::string_view> refused;
  for (int i = 0; i < 5; ++i) {
    commit_->accept(call_of(new_event()), [&](auto result, const AcceptCall& call) {
      EXPECT_EQ(call.events.size(), 1u);
      if (result) {
        ++stored;
      } else {
        refused.push_back(result.error().code);
      }
    });
  }
  executor_.run_until([&] { return refused.size() == 2; });
  EXPECT_EQ(refused, (std::vector<std::string_view>{"store_busy", "store_busy"}));
  EXPECT_EQ(stored, 0) << "refused while the writer is still held";
  release.set_value();
  executor_.run_until([&] { return stored == 3; });
  EXPECT_TRUE(accept_and_wait(call_of(new_event()))) << "there is room again";
}

/// Fault 13: the one connection is taken up by something that does not end. Who waits hears of it in bounded time.
TEST_F(GroupCommitTest, AStuckWriterIsToldToThoseWhoWait) {
  constexpr Milliseconds kLongest{100};
  start({.longest_wait = kLongest});
  auto release = hold_writer();
  std::vector<std::string> answers;
  const auto hand_over = [&] {
    commit_->accept(call_of(new_event()), [&](auto result, const AcceptCall& call) {
      EXPECT_EQ(call.events.size(), 1u) << "the call comes back";
      answers.emplace_back(result ? std::string_view("stored") : result.error().code);
    });
  };
  hand_over();
  while (answers.empty()) {
    commit_->refuse_if_stuck();
    executor_.run_what_is_there();
  }
  EXPECT_EQ(answers, std::vector<std::string>{"store_busy"}) << "although nobody else came";
  hand_over();
  executor_.run_until([&] { return answers.size() == 2; });
  EXPECT_EQ(answers.back(), "store_busy") << "while the writer is still held";
  EXPECT_FALSE(commit_->healthy());

  answers.clear();
  release.set_value();
  while (!commit_->healthy()) std::this_thread::yield();
  hand_over();
  executor_.run_until([&] { return !answers.empty(); });
  EXPECT_EQ(answers, std::vector<std::string>{"stored"});
  EXPECT_EQ(commit_->counters().events_accepted, 1u) << "what was refused is not stored";
}

TEST_F(GroupCommitTest, OnlyTheOffenderOfABatchFails) {
  start();
  auto release = hold_writer();
  int stored = 0;
  std::vector<std::string> refused;
  NewEvent taken = new_event();
  for (int i = 0; i < 20; ++i) {
    NewEvent event = i == 7 || i == 13 ? taken : new_event();
    if (i == 4) event.event.platform.clear();
    commit_->accept(call_of(event), [&, i](auto result, const AcceptCall&) {
      result ? static_cast<void>(++stored)
             : refused.push_back(std::to_string(i) + " " + std::string(result.error().code));
    });
  }
  // A result that the schema refuses, whatever is tried.
  NewEvent leased = new_event();
  leased.lease_token = "mine";
  leased.lease = Seconds{30};
  commit_->accept(call_of(leased), [&](auto result, const AcceptCall&) { stored += result ? 1 : 0; });
  std::optional<RecordReply> recorded;
  AttemptRecord impossible = delivered(1, "mine");
  impossible.next_status = EventStatus::kDiscarded;
  bool claimed = false;
  commit_->claim({.endpoint_key = 1, .limit = 1, .lease_token = "x", .lease = Seconds{1}},
                 [&](auto reply) { claimed = reply.has_value(); });
  release.set_value();
  executor_.run_until([&] { return stored == 19 && refused.size() == 2 && claimed; });
  EXPECT_EQ(refused, (std::vector<std::string>{"4 value_refused", "13 event_id_taken"}));

  commit_->record(impossible, [&](RecordReply reply) { recorded = reply; });
  executor_.run_until([&] { return recorded.has_value(); });
  EXPECT_EQ(recorded, RecordReply::kLeaseLost);
  EXPECT_TRUE(commit_->healthy()) << "the store is well, one request was not";
}

TEST_F(GroupCommitTest, WhenTheStoreFailsCallersHearOfItAndResultsAreKept) {
  start();
  NewEvent event = new_event();
  event.lease_token = "mine";
  event.lease = Seconds{30};
  const auto accepted = accept_and_wait(call_of(event));
  ASSERT_TRUE(accepted);

  disk_.set_full(true);
  std::optional<RecordReply> recorded;
  commit_->record(delivered(accepted->front().sequence, "mine"), [&](RecordReply reply) { recorded = reply; });
  for (int i = 0; i < 3; ++i) {
    const auto refused = accept_and_wait(call_of(new_event()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "store_unavailable");
  }
  std::optional<std::string_view> claim_error;
  commit_->claim({.endpoint_key = kEndpoint, .limit = 5, .lease_token = "next", .lease = Seconds{30}},
                 [&](Result<ClaimReply> reply) { claim_error = reply ? "" : reply.error().code; });
  executor_.run_until([&] { return claim_error.has_value(); });
  EXPECT_EQ(claim_error, "store_unavailable");
  EXPECT_FALSE(recorded) << "an attempt that was made is not forgotten";
  EXPECT_FALSE(commit_->healthy());

  disk_.set_full(false);
  executor_.run_until([&] { return recorded.has_value(); });
  EXPECT_EQ(recorded, RecordReply::kRecorded);
  EXPECT_TRUE(commit_->healthy());
  EXPECT_TRUE(accept_and_wait(call_of(new_event())));
}

TEST_F(GroupCommitTest, AStoreThatRecoversIsFoundHealthyWithoutAnybodysRequest) {
  start();
  disk_.set_full(true);
  ASSERT_FALSE(accept_and_wait(call_of(new_event())));
  EXPECT_FALSE(commit_->healthy());
  for (int i = 0; i < 20; ++i) {
    std::promise<void> ran;
    commit_->run([&](Store&) { ran.set_value(); });
    ran.get_future().wait();
    EXPECT_FALSE(commit_->healthy()) << "the tries write something: they are not fooled";
  }
  disk_.set_full(false);
  // Tasks run between transactions: after some of them the next try was made.
  while (!commit_->healthy()) {
    std::promise<void> ran;
    commit_->run([&](Store&) { ran.set_value(); });
    ran.get_future().wait();
  }
  EXPECT_TRUE(commit_->healthy());
}

TEST_F(GroupCommitTest, TasksHaveTheStoreBetweenTransactions) {
  start();
  std::promise<std::int64_t> counted;
  commit_->accept(call_of(new_event()), {});
  commit_->run([&](Store& store) { counted.set_value(*store.count({})); });
  EXPECT_GE(counted.get_future().get(), 0);
  std::promise<std::int64_t> discarded;
  ASSERT_TRUE(accept_and_wait(call_of(new_event())));
  commit_->run([&](Store& store) { discarded.set_value(*store.discard({}, 100, "unwanted", now_)); });
  EXPECT_EQ(discarded.get_future().get(), 2);
}

TEST_F(GroupCommitTest, TheEndCommitsWhatWasHandedOver) {
  start();
  auto release = hold_writer();
  int answered = 0;
  for (int i = 0; i < 30; ++i) {
    commit_->accept(call_of(new_event()), [&](auto result, const AcceptCall&) { answered += result ? 1 : 0; });
  }
  std::thread end([&] { commit_.reset(); });
  release.set_value();
  end.join();
  executor_.run_what_is_there();
  EXPECT_EQ(answered, 30);
  reopen();
  EXPECT_EQ(*store_->count({}), 30);
}

TEST_F(GroupCommitTest, TheEndComesEvenWhenTheStoreIsGone) {
  start();
  NewEvent event = new_event();
  event.lease_token = "mine";
  event.lease = Seconds{30};
  const auto accepted = accept_and_wait(call_of(event));
  disk_.set_full(true);
  bool recorded = false;
  commit_->record(delivered(accepted->front().sequence, "mine"), [&](RecordReply) { recorded = true; });
  commit_.reset();
  executor_.run_what_is_there();
  EXPECT_FALSE(recorded) << "nobody is told that it was recorded";
}

TEST_F(GroupCommitTest, ManyThreadsMayHandOver) {
  start();
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    std::vector<NewEvent> events;
    for (int i = 0; i < 100; ++i) events.push_back(new_event());
    threads.emplace_back([this, &answered, events = std::move(events)]() mutable {
      for (NewEvent& event : events) {
        AcceptCall call;
        call.events.push_back(std::move(event));
        commit_->accept(std::move(call), [&](auto result, const AcceptCall&) { answered += result ? 1 : 0; });
        commit_->record(delivered(1, "nobody"), {});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  executor_.run_until([&] { return answered == 400; });
  EXPECT_EQ(commit_->counters().events_accepted, 400u);
}

TEST_F(GroupCommitTest, AReadThreadRunsTasksInOrderAndRefusesTooMany) {
  auto reader = factory_->open_reader();
  ASSERT_TRUE(reader);
  std::vector<int> order;
  std::promise<void> gate;
  std::promise<void> held;
  {
    ReadThread thread(std::move(*reader));
    EXPECT_TRUE(thread.run([&](Store&) {
      held.set_value();
      gate.get_future().wait();
    }));
    held.get_future().wait();
    for (int i = 0; i < static_cast<int>(ReadThread::kWaitingLimit); ++i) {
      EXPECT_TRUE(thread.run([&order, i](Store& store) {
        if (store.ping()) order.push_back(i);
      }));
    }
    EXPECT_FALSE(thread.run([](Store&) {}));
    gate.set_value();
  }
  ASSERT_EQ(order.size(), ReadThread::kWaitingLimit) << "it ends after the tasks that were handed over";
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

}  // namespace
}  // namespace yizhan::store

// Callbacks through group commit: they wait in one line with events, and each comes back with its answer.
#include <atomic>
#include <thread>

#include "group_commit_fixture.h"

namespace yizhan::store {
namespace {

class GroupCommitReceive : public GroupCommitTest {
 protected:
  ReceiveCall callback_of(std::string key) {
    ReceiveCall call;
    call.callback.source = "shop";
    call.callback.idempotency_key = std::move(key);
    call.callback.received_at = now_;
    call.callback.body = "body";
    return call;
  }

  Result<Received> receive_and_wait(ReceiveCall call) {
    std::optional<Result<Received>> answer;
    commit_->receive(std::move(call), [&](auto result, const ReceiveCall&) { answer = std::move(result); });
    executor_.run_until([&] { return answer.has_value(); });
    return answer ? std::move(*answer) : Result<Received>(fail("none", ""));
  }
};

TEST_F(GroupCommitReceive, CallbacksAndEventsWaitInOneLineAndAreCommittedTogether) {
  start();
  auto release = hold_writer();
  int answered = 0;
  for (int i = 0; i < 20; ++i) {
    ReceiveCall call = callback_of("key-" + std::to_string(i % 10));
    call.events.push_back(new_event());
    commit_->receive(std::move(call), [&, i](Result<Received> received, const ReceiveCall& back) {
      ASSERT_TRUE(received);
      EXPECT_EQ(received->verdict, i < 10 ? Verdict::kAccepted : Verdict::kDuplicate);
      EXPECT_EQ(back.callback.idempotency_key, "key-" + std::to_string(i % 10));
      EXPECT_EQ(back.events.size(), 1u) << "the call comes back whole";
      ++answered;
    });
    commit_->accept(call_of(new_event()), [&](auto result, const AcceptCall&) { answered += result ? 1 : 0; });
  }
  release.set_value();
  executor_.run_until([&] { return answered == 40; });
  const CommitCounters counters = commit_->counters();
  EXPECT_EQ(counters.callbacks_received, 20u);
  EXPECT_EQ(counters.events_accepted, 30u);
  EXPECT_LT(counters.commits, 5u);
}

TEST_F(GroupCommitReceive, TooManyWaitingCallbacksAreRefusedAtOnce) {
  start({.waiting_limit = 3});
  auto release = hold_writer();
  int stored = 0;
  int refused = 0;
  commit_->accept(call_of(new_event()), [&](auto result, const AcceptCall&) { stored += result ? 1 : 0; });
  for (int i = 0; i < 4; ++i) {
    commit_->receive(callback_of(std::to_string(i)), [&](Result<Received> received, const ReceiveCall& back) {
      EXPECT_EQ(back.callback.body, "body");
      if (received) {
        ++stored;
      } else {
        EXPECT_EQ(received.error().code, "store_busy");
        ++refused;
      }
    });
  }
  executor_.run_until([&] { return refused == 2; });
  EXPECT_EQ(stored, 0) << "refused while the writer is still held";
  release.set_value();
  executor_.run_until([&] { return stored == 3; });
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(receive_and_wait(callback_of("later"))) << "there is room again, however often";
  }
}

TEST_F(GroupCommitReceive, WhenTheStoreFailsTheCallbackComesBack) {
  start();
  disk_.set_full(true);
  bool answered = false;
  commit_->receive(callback_of("k"), [&](Result<Received> received, const ReceiveCall& back) {
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, "store_unavailable");
    EXPECT_EQ(back.callback.idempotency_key, "k");
    answered = true;
  });
  executor_.run_until([&] { return answered; });
  EXPECT_FALSE(commit_->healthy());
  EXPECT_EQ(commit_->counters().callbacks_received, 0u);
  disk_.set_full(false);
  while (!receive_and_wait(callback_of("k"))) {
  }
  EXPECT_EQ(commit_->counters().callbacks_received, 1u);
  EXPECT_EQ(value("SELECT count(*) FROM inbound_callbacks"), "1");
}

TEST_F(GroupCommitReceive, OnlyTheOffenderAmongCallbacksFails) {
  start();
  auto release = hold_writer();
  int stored = 0;
  std::vector<std::string> refused;
  for (int i = 0; i < 12; ++i) {
    ReceiveCall call = callback_of(i == 5 ? "" : std::to_string(i));
    commit_->receive(std::move(call), [&, i](Result<Received> received, const ReceiveCall&) {
      received ? static_cast<void>(++stored)
               : refused.push_back(std::to_string(i) + " " + std::string(received.error().code));
    });
  }
  release.set_value();
  executor_.run_until([&] { return stored == 11 && refused.size() == 1; });
  EXPECT_EQ(refused, (std::vector<std::string>{"5 value_refused"}));
  EXPECT_TRUE(commit_->healthy());
}

TEST_F(GroupCommitReceive, AThousandIdenticalNoticesHaveOneEffect) {  // fault 32
  constexpr int kNotices = 1000;
  constexpr int kThreads = 8;
  PayOrder order;
  order.out_trade_no = "o1";
  order.total_fee = 100;
  order.created_at = now_;
  ASSERT_TRUE(store_->create_pay_order(order));
  start();
  std::atomic<int> applied = 0;
  std::atomic<int> duplicates = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    std::vector<ReceiveCall> calls;
    for (int i = 0; i < kNotices / kThreads; ++i) {
      ReceiveCall call = callback_of("notice");
      call.effect = PaymentEffect{.out_trade_no = "o1",
                                  .transaction_id = "t1",
                                  .provider = "wxpay",
                                  .merchant = "",
                                  .total_fee = 100,
                                  .currency = "CNY",
                                  .paid_at = now_};
      call.effect_events.push_back(new_event());
      calls.push_back(std::move(call));
    }
    threads.emplace_back([&, calls = std::move(calls)]() mutable {
      for (ReceiveCall& call : calls) {
        commit_->receive(std::move(call), [&](Result<Received> received, const ReceiveCall&) {
          ASSERT_TRUE(received);
          applied += received->effect == EffectResult::kApplied ? 1 : 0;
          duplicates += received->verdict == Verdict::kDuplicate ? 1 : 0;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  executor_.run_until([&] { return applied + duplicates == kNotices; });
  EXPECT_EQ(applied, 1);
  EXPECT_EQ(commit_->counters().events_accepted, 1u);
  EXPECT_EQ(value("SELECT duplicate_count FROM inbound_callbacks WHERE verdict = 'accepted'"), "999");
  EXPECT_EQ(value("SELECT count(*) FROM cs_platform_event_outbox"), "1");
}

}  // namespace
}  // namespace yizhan::store

#include "app/step_loop.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace yizhan::app {
namespace {

using Done = std::move_only_function<void(StepResult)>;

/// A loop whose passes the test ends by hand.
struct HandDriven {
  http::asio::io_context io;
  std::vector<Done> begun;
  StepLoop loop;

  explicit HandDriven(Milliseconds poll_interval = Milliseconds{3'600'000})
      : loop(io, [this](Done done) { begun.push_back(std::move(done)); }, poll_interval) {}

  void run_ready() {
    io.restart();
    io.poll();
  }
  void end_pass(StepResult result) {
    Done done = std::move(begun.back());
    done(result);
    run_ready();
  }
};

TEST(StepLoop, StartsWithAPassAndThenRests) {
  HandDriven driven;
  driven.loop.start();
  ASSERT_EQ(driven.begun.size(), 1U);
  driven.end_pass({});
  EXPECT_EQ(driven.begun.size(), 1U);
}

TEST(StepLoop, NewsDuringAPassIsOneMorePassAfterIt) {
  HandDriven driven;
  driven.loop.start();
  driven.loop.wake();
  driven.loop.wake();
  driven.run_ready();
  ASSERT_EQ(driven.begun.size(), 1U) << "passes must not overlap";
  driven.end_pass({});
  ASSERT_EQ(driven.begun.size(), 2U);
  driven.end_pass({});
  EXPECT_EQ(driven.begun.size(), 2U);
}

TEST(StepLoop, ThereIsMoreSoItGoesOnAtOnce) {
  HandDriven driven;
  driven.loop.start();
  driven.end_pass({.more = true});
  EXPECT_EQ(driven.begun.size(), 2U);
}

TEST(StepLoop, WhatIsDueSoonerThanThePollIntervalIsAwaited) {
  HandDriven driven;
  driven.loop.start();
  Done first = std::move(driven.begun.back());
  first({.more = false, .next_at = utc_now() + Milliseconds{20}});
  driven.io.restart();
  while (driven.begun.size() == 1 && driven.io.run_one() > 0) {
  }
  EXPECT_EQ(driven.begun.size(), 2U);
}

TEST(StepLoop, PollsForWhatNobodyTells) {
  HandDriven driven(Milliseconds{10});
  driven.loop.start();
  Done first = std::move(driven.begun.back());
  first({});
  driven.io.restart();
  while (driven.begun.size() == 1 && driven.io.run_one() > 0) {
  }
  EXPECT_EQ(driven.begun.size(), 2U);
}

TEST(StepLoop, AStopWaitsForThePassInHandAndBeginsNoOther) {
  HandDriven driven;
  bool stopped = false;
  driven.loop.start();
  driven.loop.stop([&] { stopped = true; });
  driven.run_ready();
  EXPECT_FALSE(stopped);
  driven.end_pass({.more = true});
  EXPECT_TRUE(stopped);
  driven.loop.wake();
  driven.run_ready();
  EXPECT_EQ(driven.begun.size(), 1U);
}

TEST(StepLoop, AStopWithoutAPassInHandIsDoneAtOnce) {
  HandDriven driven;
  bool stopped = false;
  driven.loop.stop([&] { stopped = true; });
  driven.run_ready();
  EXPECT_TRUE(stopped);
}

TEST(StepLoop, APassThatEndsAfterTheLoopIsGoneDoesNothing) {
  http::asio::io_context io;
  std::vector<Done> begun;
  {
    StepLoop loop(io, [&](Done done) { begun.push_back(std::move(done)); }, Milliseconds{1000});
    loop.start();
  }
  ASSERT_EQ(begun.size(), 1U);
  begun.front()({.more = true});
  io.poll();
  EXPECT_EQ(begun.size(), 1U);
}

}  // namespace
}  // namespace yizhan::app

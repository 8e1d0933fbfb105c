#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "http/deadline_wheel.h"

namespace yizhan::http {
namespace {

using Clock = std::chrono::steady_clock;

struct Probe final : DeadlineWheel::Entry {
  std::function<void()> on_passed = [] {};
  int fired = 0;
  SteadyTime fired_at{};
  void deadline_passed() override {
    ++fired;
    fired_at = Clock::now();
    on_passed();
  }
};

class DeadlineWheelTest : public ::testing::Test {
 public:
  template <class Condition>
  void run_until(Condition condition) {
    io.restart();
    while (!condition()) {
      ASSERT_GT(io.run_one(), 0u) << "the wheel stopped with something armed";
    }
  }
  /// Nothing is left to wait for: the timer has stopped.
  bool rests() {
    io.restart();
    return io.run_for(Milliseconds(200)) == 0 || io.stopped();
  }

  asio::io_context io{1};
  DeadlineWheel wheel{io, Milliseconds(2)};
};

TEST_F(DeadlineWheelTest, fires_after_the_deadline_and_soon) {
  const SteadyTime begin = Clock::now();
  std::vector<std::unique_ptr<Probe>> probes;
  int fired = 0;
  for (int i = 0; i < 100; ++i) {
    auto& probe = *probes.emplace_back(std::make_unique<Probe>());
    probe.on_passed = [&] { ++fired; };
    wheel.arm(probe, begin + Milliseconds((i * 37) % 100));
  }
  run_until([&] { return fired == 100; });
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(probes[static_cast<std::size_t>(i)]->fired, 1);
    EXPECT_GE(probes[static_cast<std::size_t>(i)]->fired_at, begin + Milliseconds((i * 37) % 100));
  }
  EXPECT_TRUE(rests());
}

TEST_F(DeadlineWheelTest, deadlines_beyond_one_turn_wait_for_theirs) {
  // 512 slots of 2 ms: a turn takes 1,024 ms. One entry of each lap in the same slot.
  Probe near;
  Probe far;
  const SteadyTime begin = Clock::now();
  wheel.arm(near, begin + Milliseconds(20));
  wheel.arm(far, begin + Milliseconds(20 + 1024));
  run_until([&] { return near.fired == 1; });
  run_until([&] { return far.fired == 1; });
  EXPECT_GE(far.fired_at, begin + Milliseconds(1044));
}

TEST_F(DeadlineWheelTest, disarmed_and_destroyed_entries_do_not_fire) {
  Probe disarmed;
  Probe last;
  wheel.arm(disarmed, Clock::now() + Milliseconds(5));
  {
    Probe destroyed;
    wheel.arm(destroyed, Clock::now() + Milliseconds(5));
  }
  wheel.arm(last, Clock::now() + Milliseconds(15));
  DeadlineWheel::disarm(disarmed);
  DeadlineWheel::disarm(disarmed);
  run_until([&] { return last.fired == 1; });
  EXPECT_EQ(disarmed.fired, 0);
}

TEST_F(DeadlineWheelTest, arming_again_moves_the_deadline) {
  Probe probe;
  const SteadyTime begin = Clock::now();
  wheel.arm(probe, begin + Milliseconds(5));
  wheel.arm(probe, begin + Milliseconds(40));
  run_until([&] { return probe.fired == 1; });
  EXPECT_GE(probe.fired_at, begin + Milliseconds(40));
  EXPECT_TRUE(rests());
  EXPECT_EQ(probe.fired, 1);
}

TEST_F(DeadlineWheelTest, what_fires_may_arm_disarm_and_destroy) {
  Probe again;
  Probe neighbour;
  auto victim = std::make_unique<Probe>();
  again.on_passed = [&] {
    DeadlineWheel::disarm(neighbour);
    victim.reset();
    if (again.fired < 3) wheel.arm(again, Clock::now());
  };
  const SteadyTime when = Clock::now() + Milliseconds(5);
  wheel.arm(again, when);
  wheel.arm(neighbour, when);
  wheel.arm(*victim, when);
  run_until([&] { return again.fired == 3; });
  EXPECT_EQ(neighbour.fired, 0);
  EXPECT_TRUE(rests());
}

TEST_F(DeadlineWheelTest, a_wheel_may_be_destroyed_by_what_it_fires) {
  auto own = std::make_unique<DeadlineWheel>(io, Milliseconds(2));
  Probe first;
  Probe second;
  first.on_passed = [&] { own.reset(); };
  const SteadyTime when = Clock::now() + Milliseconds(5);
  own->arm(first, when);
  own->arm(second, when);
  run_until([&] { return first.fired == 1; });
  EXPECT_TRUE(rests());
  EXPECT_EQ(second.fired, 0);
}

}  // namespace
}  // namespace yizhan::http

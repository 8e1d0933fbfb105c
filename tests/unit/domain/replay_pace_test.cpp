#include "domain/replay_pace.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace yizhan {
namespace {

constexpr Microseconds kSecond = Seconds{1};

TEST(ReplayRoom, IsHalfOfTheCapAtMost) {
  EXPECT_EQ(replay_room({.in_flight_cap = 64}), 32);
  EXPECT_EQ(replay_room({.in_flight_cap = 64, .outstanding = 30, .busy = 30}), 2);
  EXPECT_EQ(replay_room({.in_flight_cap = 64, .outstanding = 40, .busy = 40}), 0);
  EXPECT_EQ(replay_room({.in_flight_cap = 1}), 1);
}

TEST(ReplayRoom, IsLessWhileLiveEventsUseUpTheirHalf) {  // fault 28
  EXPECT_EQ(replay_room({.in_flight_cap = 64, .busy = 32}), 32);
  EXPECT_EQ(replay_room({.in_flight_cap = 64, .busy = 33}), 8);
  EXPECT_EQ(replay_room({.in_flight_cap = 64, .outstanding = 8, .busy = 400}), 0);
  EXPECT_EQ(replay_room({.in_flight_cap = 2, .busy = 400}), 1);  // never starved: live events alone would not end it
}

TEST(ReplayRoom, IsNoneWhileTheEndpointIsNotWell) {
  EXPECT_EQ(replay_room({.in_flight_cap = 64, .well = false}), 0);
}

RC_GTEST_PROP(ReplayRoom, LeavesLiveEventsTheirHalf, ()) {
  ReplayEndpoint endpoint;
  endpoint.in_flight_cap = *rc::gen::inRange(1, 5000);
  endpoint.outstanding = *rc::gen::inRange(0, 6000);
  endpoint.busy = *rc::gen::inRange(0, 20'000);
  const int room = replay_room(endpoint);
  RC_ASSERT(room >= 0);
  RC_ASSERT(room == 0 || endpoint.outstanding + room <= std::max(1, endpoint.in_flight_cap / 2));
}

TEST(ReplayPace, BeginsSlowAndDoublesWhileAttemptsSucceed) {
  ReplayPace pace(0);
  EXPECT_EQ(pace.per_second(), kReplayFirstPace);
  EXPECT_EQ(pace.allowed(), 1);
  pace.advance(kSecond, 10, 0, true);
  EXPECT_NEAR(pace.per_second(), 20, 0.01);
  pace.advance(kSecond / 2, 10, 0, true);
  pace.advance(kSecond / 2, 10, 0, true);
  EXPECT_NEAR(pace.per_second(), 40, 0.01);
  pace.advance(kSecond, 0, 0, true);  // nothing came back: nothing is known
  EXPECT_NEAR(pace.per_second(), 40, 0.01);
  for (int i = 0; i < 40; ++i) pace.advance(kSecond, 100, 0, true);
  EXPECT_EQ(pace.per_second(), kReplayTopPace);
}

TEST(ReplayPace, HalvesWhileAttemptsFailAndBeginsAnewWhenTheBreakerOpens) {
  ReplayPace pace(0);
  for (int i = 0; i < 5; ++i) pace.advance(kSecond, 100, 0, true);
  EXPECT_NEAR(pace.per_second(), 320, 0.1);
  pace.advance(kSecond, 100, 1, true);  // one in a hundred holds it
  EXPECT_NEAR(pace.per_second(), 320, 0.1);
  pace.advance(kSecond, 100, 20, true);
  EXPECT_NEAR(pace.per_second(), 160, 0.1);
  pace.advance(kSecond, 0, 5, false);
  EXPECT_EQ(pace.per_second(), kReplayFirstPace);
  for (int i = 0; i < 10; ++i) pace.advance(kSecond, 0, 5, true);
  EXPECT_EQ(pace.per_second(), 1);  // it tries on
}

TEST(ReplayPace, KeepsToARateOfItsOwn) {
  ReplayPace pace(50);
  int released = 0;
  for (int i = 0; i < 500; ++i) {  // ten seconds in steps of 20 ms
    pace.advance(Milliseconds{20}, 1, 1, i % 2 == 0);
    const int now = pace.allowed();
    pace.take(now);
    released += now;
  }
  EXPECT_NEAR(released, 500, 2);
  EXPECT_EQ(pace.per_second(), 50);
}

TEST(ReplayPace, DoesNotMakeUpForAPause) {
  ReplayPace pace(1000);
  pace.advance(Seconds{3600}, 0, 0, true);
  EXPECT_LE(pace.allowed(), 250);
}

TEST(ReplayEstimate, GoesByTheRateAndByHowAttemptsWentLately) {
  EXPECT_EQ(replay_estimate(1000, 50, 64, 0, 0, {}), Seconds{20});
  EXPECT_EQ(replay_estimate(1000, 0, 64, 0, 0, {}), std::nullopt);
  EXPECT_EQ(replay_estimate(3200, 0, 64, 100, 100, Milliseconds{980}), Seconds{100});  // 32 at once, each a second
  EXPECT_EQ(replay_estimate(3200, 0, 64, 100, 50, Milliseconds{980}), Seconds{200});
  EXPECT_EQ(replay_estimate(3200, 10, 64, 100, 100, Milliseconds{980}), Seconds{320});
  EXPECT_EQ(replay_estimate(3200, 0, 64, 100, 0, Milliseconds{980}), std::nullopt);
}

}  // namespace
}  // namespace yizhan

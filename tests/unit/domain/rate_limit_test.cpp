#include "domain/rate_limit.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace yizhan {
namespace {

constexpr SteadyTime kStart{std::chrono::hours{5}};

TEST(RateLimit, OfZeroIsNone) {
  RateLimit limit(0);
  EXPECT_EQ(limit.available(kStart, 1'000'000), 1'000'000);
  limit.take(kStart, 1'000'000);
  EXPECT_EQ(limit.available(kStart, 7), 7);
  EXPECT_EQ(limit.next_token(kStart), std::nullopt);
}

TEST(RateLimit, HandsOutTokensAtItsRate) {
  RateLimit limit(2);
  EXPECT_EQ(limit.available(kStart, 10), 1);
  limit.take(kStart, 1);
  EXPECT_EQ(limit.available(kStart, 10), 0);
  EXPECT_EQ(limit.next_token(kStart), kStart + Milliseconds{500});
  EXPECT_EQ(limit.available(kStart + Milliseconds{499}, 10), 0);
  EXPECT_EQ(limit.available(kStart + Milliseconds{500}, 10), 1);
}

TEST(RateLimit, HoldsATenthOfASecondAfterAnyRest) {
  RateLimit limit(1000);
  EXPECT_EQ(limit.available(kStart, 5000), 100);
  limit.take(kStart, 100);
  EXPECT_EQ(limit.available(kStart + Milliseconds{10}, 5000), 10);
  EXPECT_EQ(limit.available(kStart + std::chrono::years{10}, 5000), 100);
  EXPECT_EQ(limit.available(kStart + std::chrono::years{10}, 3), 3) << "no more than wanted";
}

TEST(RateLimit, TakesABurstOnceAndThenKeepsToTheRate) {
  RateLimit limit(10, 50);
  EXPECT_EQ(limit.available(kStart, 1000), 51);
  limit.take(kStart, 51);
  EXPECT_EQ(limit.available(kStart, 1000), 0);
  EXPECT_EQ(limit.available(kStart + Seconds{1}, 1000), 10);
  EXPECT_EQ(limit.available(kStart + Seconds{60}, 1000), 51) << "no more than the bucket holds";
}

TEST(RateLimit, OfVeryLittleStillLetsOneThrough) {
  RateLimit limit(1e-30);
  EXPECT_EQ(limit.available(kStart, 10), 1);
  limit.take(kStart, 1);
  ASSERT_TRUE(limit.next_token(kStart));
  EXPECT_GT(*limit.next_token(kStart), kStart + std::chrono::days{364});
}

TEST(RateLimit, IsNeverExceededByRounding) {
  RateLimit limit(300'000);  // a token each 3,333.3 ns
  limit.take(kStart, limit.available(kStart, 30'000));
  EXPECT_LE(limit.available(kStart + std::chrono::nanoseconds{99'990'000}, 30'000), 29'997);
}

// However it is asked: never more than the rate over any stretch of time plus the bucket; and a caller that waits for
// next_token() always finds one.
RC_GTEST_PROP(RateLimit, NeverExceedsItsRateAndNeverStarves, ()) {
  const double rate = *rc::gen::inRange(1, 1'000'000) / static_cast<double>(*rc::gen::inRange(1, 1000));
  RateLimit limit(rate);
  SteadyTime now = kStart;
  double taken = 0;
  for (int step = 0; step < 200; ++step) {
    const int got = limit.available(now, *rc::gen::inRange(1, 50));
    limit.take(now, got);
    taken += got;
    const double seconds = std::chrono::duration<double>(now - kStart).count();
    RC_ASSERT(taken <= seconds * rate + std::max(1.0, rate / 10) + 1e-6);

    if (const auto next = limit.next_token(now)) {
      RC_ASSERT(*next > now);
      RC_ASSERT(limit.available(*next - std::chrono::nanoseconds{1}, 1) == 0);
      RC_ASSERT(limit.available(*next, 1) == 1);
      now = *rc::gen::arbitrary<bool>() ? *next : now + (*next - now) / 2;
    } else {
      now += std::chrono::nanoseconds{*rc::gen::inRange<std::int64_t>(0, 100'000'000)};
    }
  }
}

}  // namespace
}  // namespace yizhan

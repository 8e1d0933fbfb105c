#include "domain/backoff.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace yizhan {
namespace {

DeliveryPolicy policy_with(double jitter) {
  DeliveryPolicy policy;
  policy.jitter = jitter;
  return policy;
}

TEST(RetryDelay, UsesEveryDelayOfTheRunbooksScheduleExactly) {
  const DeliveryPolicy policy = policy_with(0);
  std::vector<Microseconds> delays;
  for (int retry = 1; retry <= policy.max_retries; ++retry) delays.push_back(retry_delay(policy, retry, 0.123));
  EXPECT_EQ(delays, (std::vector<Microseconds>{Seconds{10}, Seconds{30}, Seconds{60}, Seconds{300}, Seconds{900}}));
}

TEST(RetryDelay, RepeatsTheLastDelay) {
  const DeliveryPolicy policy = policy_with(0);
  EXPECT_EQ(retry_delay(policy, 6, 0.5), Seconds{900});
  EXPECT_EQ(retry_delay(policy, 1'000'000, 0.5), Seconds{900});
}

TEST(RetryDelay, OfAnEmptyScheduleIsNone) {
  DeliveryPolicy policy = policy_with(0.1);
  policy.retry_schedule.clear();
  EXPECT_EQ(retry_delay(policy, 1, 0.5), Microseconds::zero());
}

TEST(RetryDelay, IsSpreadFromEndToEndOfTheJitter) {
  const DeliveryPolicy policy = policy_with(0.1);
  EXPECT_EQ(retry_delay(policy, 1, 0.0), Seconds{9});
  EXPECT_EQ(retry_delay(policy, 1, 0.5), Seconds{10});
  EXPECT_NEAR(static_cast<double>(retry_delay(policy, 1, 0.999999).count()), 11e6, 10);
}

TEST(RetryDelay, TakesAnImpossibleJitterAsTheNearestPossible) {
  EXPECT_EQ(retry_delay(policy_with(-1), 1, 0.0), Seconds{10});
  EXPECT_EQ(retry_delay(policy_with(7), 1, 0.0), Seconds{0});
}

RC_GTEST_PROP(RetryDelay, StaysWithinTheJitter, ()) {
  DeliveryPolicy policy = policy_with(*rc::gen::inRange(0, 1001) / 1000.0);
  policy.retry_schedule.clear();
  for (const int seconds : *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 604800)))) {
    policy.retry_schedule.emplace_back(seconds);
  }
  const auto retry = *rc::gen::inRange<std::size_t>(1, 100);
  const double unit = *rc::gen::inRange(0, 1'000'000) / 1e6;

  const Microseconds scheduled = policy.retry_schedule[std::min(retry, policy.retry_schedule.size()) - 1];
  const Microseconds delay = retry_delay(policy, static_cast<int>(retry), unit);
  const double spread = static_cast<double>(scheduled.count()) * policy.jitter;
  RC_ASSERT(std::abs(static_cast<double>((delay - scheduled).count())) <= spread + 1);
  RC_ASSERT(delay >= Microseconds::zero());
}

}  // namespace
}  // namespace yizhan

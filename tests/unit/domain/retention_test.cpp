#include "domain/retention.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr UtcTime kNow{hours{24 * 20'000}};

RetentionAges ages_of(RetentionKind kind, days age) {
  RetentionAges ages;
  ages[kind] = age;
  return ages;
}

TEST(Retention, NothingGoesOfWhatIsKeptForEver) {
  EXPECT_FALSE(retention_limit({}, RetentionKind::kDelivered, 10, kNow));
  EXPECT_EQ(retention_limit(ages_of(RetentionKind::kDelivered, days{30}), RetentionKind::kDelivered, 0, kNow),
            kNow - days{30});
}

TEST(Retention, PressureShortensWhatWasDeliveredToADayAtLeastAndNothingElse) {
  const RetentionAges delivered = ages_of(RetentionKind::kDelivered, days{30});
  EXPECT_EQ(retention_limit(delivered, RetentionKind::kDelivered, 1, kNow), kNow - days{15});
  EXPECT_EQ(retention_limit(delivered, RetentionKind::kDelivered, 10, kNow), kNow - days{1});
  const RetentionAges dead = ages_of(RetentionKind::kDeadLetters, days{30});
  EXPECT_EQ(retention_limit(dead, RetentionKind::kDeadLetters, 10, kNow), kNow - days{30});
}

TEST(Retention, CallbacksAreComparedForEightDays) {
  const RetentionAges ages = ages_of(RetentionKind::kCallbackBodies, days{1});
  EXPECT_EQ(retention_limit(ages, RetentionKind::kCallbackBodies, 0, kNow), kNow - days{8});
}

TEST(Retention, AKeyKeepsItsEventForEightDays) {
  RetentionCandidate candidate{.created_at = kNow - days{7}, .closed_at = kNow - days{7}};
  EXPECT_TRUE(may_go(candidate, kNow - days{1}, kNow));
  candidate.has_key = true;
  EXPECT_FALSE(may_go(candidate, kNow - days{1}, kNow));
  candidate.closed_at = kNow - days{8} - Microseconds{1};
  EXPECT_TRUE(may_go(candidate, kNow - days{1}, kNow));
  candidate.in_one_state = false;
  EXPECT_FALSE(may_go(candidate, kNow - days{1}, kNow));
}

TEST(Retention, ABatchAimsAtItsTime) {
  constexpr Milliseconds kTarget{10};
  EXPECT_EQ(next_batch_rows(100, Milliseconds{1}, kTarget, 500), 200);  // no more than twice as many at once
  EXPECT_EQ(next_batch_rows(400, Milliseconds{1}, kTarget, 500), 500);
  EXPECT_NEAR(next_batch_rows(400, Milliseconds{40}, kTarget, 500), 100, 1);
  EXPECT_NEAR(next_batch_rows(400, Milliseconds{40}, Milliseconds{1}, 500), 10, 1);
  EXPECT_EQ(next_batch_rows(1, Seconds{10}, kTarget, 500), 1);
}

TEST(Retention, ThePauseGrowsWithWhatLiveTrafficMadeItWait) {
  EXPECT_EQ(pause_after(Milliseconds{1}, Milliseconds{5}, Milliseconds{50}), Milliseconds{50});
  EXPECT_EQ(pause_after(Milliseconds{40}, Milliseconds{5}, Milliseconds{50}), Milliseconds{90});
  EXPECT_EQ(pause_after(Milliseconds{40}, Milliseconds{5}, Milliseconds{0}), Microseconds{0});
}

TEST(Retention, PressureGrowsOnlyWhileAStoreThatIsNearlyFullGrows) {
  const auto space = [](std::int64_t used) { return StoreSpace{.used_bytes = used, .quota_bytes = 1000}; };
  EXPECT_EQ(next_pressure(0, space(949), space(900)), 0);
  EXPECT_EQ(next_pressure(0, space(960), space(950)), 1);
  EXPECT_EQ(next_pressure(1, space(970), space(960)), 2);
  EXPECT_EQ(next_pressure(2, space(970), space(970)), 2);
  EXPECT_EQ(next_pressure(2, space(940), space(970)), 0);
  EXPECT_EQ(next_pressure(0, StoreSpace{.used_bytes = 10}, StoreSpace{}), 0);  // nobody knows how much there is
}

}  // namespace
}  // namespace yizhan

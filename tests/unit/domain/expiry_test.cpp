#include "domain/expiry.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

using std::chrono::days;
constexpr UtcTime kNow = UtcTime{days{20'000}};

TEST(Expiry, IsNearWithinTheNotice) {
  EXPECT_FALSE(judge_expiry(kNow + days{14} + Seconds{1}, days{14}, kNow).near);
  const Expiry at_the_notice = judge_expiry(kNow + days{14}, days{14}, kNow);
  EXPECT_TRUE(at_the_notice.near);
  EXPECT_FALSE(at_the_notice.over);
  EXPECT_EQ(at_the_notice.days_left, 14);
}

TEST(Expiry, CountsWholeDays) {
  EXPECT_EQ(judge_expiry(kNow + days{3} - Seconds{1}, days{14}, kNow).days_left, 2);
}

TEST(Expiry, IsOverAtItsEnd) {
  const Expiry ended = judge_expiry(kNow - days{3}, days{14}, kNow);
  EXPECT_TRUE(ended.near);
  EXPECT_TRUE(ended.over);
  EXPECT_EQ(ended.days_left, 0);
  EXPECT_TRUE(judge_expiry(kNow, days{14}, kNow).over);
}

}  // namespace
}  // namespace yizhan

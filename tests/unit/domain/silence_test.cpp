#include "domain/silence.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

using std::chrono::minutes;

TEST(Silence, IsOddAfterThreeTimesTheLongestGap) {
  EXPECT_EQ(longest_silence(kSilenceAutomatic, minutes{50}, 500), minutes{150});
}

TEST(Silence, IsNeverOddWithinAnHour) {
  EXPECT_EQ(longest_silence(kSilenceAutomatic, Seconds{2}, 500), minutes{60});
}

TEST(Silence, NeedsAHabitToBeJudgedBy) {
  EXPECT_FALSE(longest_silence(kSilenceAutomatic, minutes{50}, kSilenceSamples - 1));
  EXPECT_TRUE(longest_silence(kSilenceAutomatic, minutes{50}, kSilenceSamples));
}

TEST(Silence, TheSettingWins) {
  EXPECT_EQ(longest_silence(Seconds{5}, minutes{50}, 0), Seconds{5});
  EXPECT_FALSE(longest_silence(kSilenceNeverOdd, minutes{50}, 500));
}

}  // namespace
}  // namespace yizhan

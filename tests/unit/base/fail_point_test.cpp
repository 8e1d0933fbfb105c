#include "base/fail_point.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace yizhan {
namespace {

#ifdef YIZHAN_FAIL_POINTS
/// In a process of its own: passes `record.before_commit` so often, other places in between.
[[noreturn]] void pass(const char* setting, int times) {
  ::setenv("YIZHAN_FAIL_POINT", setting, 1);
  for (int i = 0; i < times; ++i) {
    fail_point("record.before_commit");
    fail_point("record.after_commit");
  }
  ::_exit(0);
}

TEST(FailPointDeathTest, KillsAtTheNthPass) {
  EXPECT_EXIT(pass("record.before_commit:3", 3), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(pass("record.before_commit:3", 2), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(pass("record.before_commit", 1), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(pass("record.before", 9), testing::ExitedWithCode(0), "");
}
#else
TEST(FailPoint, IsNothingInABuildWithoutThem) {
  ::setenv("YIZHAN_FAIL_POINT", "here:1", 1);
  fail_point("here");
  EXPECT_NE(::getpid(), 0);
}
#endif

}  // namespace
}  // namespace yizhan

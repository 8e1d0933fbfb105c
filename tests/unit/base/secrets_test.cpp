#include "base/secrets.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

TEST(Secrets, AreHiddenWhereverTheyStand) {
  Secrets secrets;
  secrets.add("tok-1");
  EXPECT_EQ(secrets.hide("tok-1"), "***");
  EXPECT_EQ(secrets.hide(R"({"got":"tok-1","again":"tok-1"})"), R"({"got":"***","again":"***"})");
  EXPECT_EQ(secrets.hide("tok-2"), "tok-2");
  EXPECT_EQ(secrets.hide(""), "");
}

TEST(Secrets, AreHiddenAsJsonWritesThem) {
  Secrets secrets;
  secrets.add("a\"b\\c");
  EXPECT_EQ(secrets.hide(R"({"token":"a\"b\\c"})"), R"({"token":"***"})");
  EXPECT_EQ(secrets.hide("a\"b\\c"), "***");
}

TEST(Secrets, OneThatHoldsAnotherIsHiddenWhole) {
  Secrets secrets;
  secrets.add("key");
  secrets.add("key-and-more");
  EXPECT_EQ(secrets.hide("key-and-more key"), "*** ***");
}

TEST(Secrets, AnEmptyOneHidesNothing) {
  Secrets secrets;
  secrets.add("");
  EXPECT_EQ(secrets.hide("as it was"), "as it was");
}

}  // namespace
}  // namespace yizhan

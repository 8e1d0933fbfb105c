#include "config/suggestion.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace yizhan::config {
namespace {

TEST(EditDistance, CountsChanges) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("timeout", "timout"), 1U);
  EXPECT_EQ(edit_distance("levle", "level"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

RC_GTEST_PROP(EditDistance, IsSymmetricAndBounded, (const std::string& a, const std::string& b)) {
  const std::size_t distance = edit_distance(a, b);
  RC_ASSERT(distance == edit_distance(b, a));
  RC_ASSERT(distance <= std::max(a.size(), b.size()));
  RC_ASSERT((distance == 0) == (a == b));
}

TEST(Nearest, IsOnlyWhatMayBeMeant) {
  const std::vector<std::string> known{"timeout_ms", "base_url", "enabled"};
  EXPECT_EQ(nearest("timout_ms", known), "timeout_ms");
  EXPECT_EQ(nearest("baseurl", known), "base_url");
  EXPECT_EQ(nearest("colour", known), "");
  EXPECT_EQ(nearest(std::string(100'000, 'a'), known), "");
  EXPECT_EQ(nearest("", {"a", "b"}), "");
}

}  // namespace
}  // namespace yizhan::config

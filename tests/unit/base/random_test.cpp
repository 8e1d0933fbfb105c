#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace yizhan {
namespace {

TEST(Random, ASeedGivesItsSequence) {
  Random one(42), same(42), other(43);
  const std::uint64_t first = one.next();
  EXPECT_EQ(first, same.next());
  EXPECT_NE(first, other.next());
  EXPECT_NE(Random().next(), Random().next());
}

TEST(Random, UnitsFillTheirRangeEvenly) {
  Random random(1);
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) {
    const double unit = random.unit();
    ASSERT_TRUE(unit >= 0 && unit < 1);
    ++counts[static_cast<std::size_t>(unit * 10)];
  }
  // Six standard deviations about 10,000.
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 570);
}

TEST(Random, HexadecimalIsOfTheLengthAskedFor) {
  EXPECT_EQ(random_hex(0), "");
  const std::string text = random_hex(32);
  EXPECT_EQ(text.size(), 64U);
  EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(random_hex(16)).second);
}

}  // namespace
}  // namespace yizhan

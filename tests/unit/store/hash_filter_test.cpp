// The filter before the tree of callbacks' keys: it never denies what was added, and denies nearly all else.
#include "store/sqlite/hash_filter.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "store/receiving.h"

namespace yizhan::store::sqlite {
namespace {

std::int64_t hash_of(int number) {
  return value_hash("value-" + std::to_string(number));
}

TEST(HashFilter, NeverDeniesWhatWasAdded) {
  constexpr int kAdded = 200'000;  // several parts
  HashFilter filter;
  for (int i = 0; i < kAdded; ++i) {
    filter.add(hash_of(i));
    ASSERT_TRUE(filter.may_have(hash_of(i))) << i;
  }
  for (int i = 0; i < kAdded; ++i) ASSERT_TRUE(filter.may_have(hash_of(i))) << i;
  filter.add(std::numeric_limits<std::int64_t>::min());
  filter.add(std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(filter.may_have(std::numeric_limits<std::int64_t>::min()));
  EXPECT_TRUE(filter.may_have(std::numeric_limits<std::int64_t>::max()));
}

TEST(HashFilter, DeniesNearlyAllThatWasNot) {
  constexpr int kAdded = 500'000;
  constexpr int kAsked = 20'000;
  HashFilter filter;
  EXPECT_FALSE(filter.may_have(hash_of(0)));
  for (int i = 0; i < kAdded; ++i) filter.add(hash_of(i));
  int may = 0;
  for (int i = kAdded; i < kAdded + kAsked; ++i) may += filter.may_have(hash_of(i)) ? 1 : 0;
  EXPECT_LT(may, kAsked / 16) << "the parts' shares of wrong answers add up to less than that";
  EXPECT_LE(filter.bytes(), 4U * kAdded);
}

}  // namespace
}  // namespace yizhan::store::sqlite

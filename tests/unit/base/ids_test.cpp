#include "base/ids.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <charconv>
#include <set>

namespace yizhan {
namespace {

TEST(Ids, AreUuidsOfVersion7) {
  IdMaker ids;
  const UtcTime now = from_unix_micros(1'700'000'000'123'456);
  const std::string id = ids.make(now);
  ASSERT_EQ(id.size(), 36U);
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    EXPECT_EQ(id[i] == '-', dash);
    if (dash) continue;
    EXPECT_NE(std::string_view("0123456789abcdef").find(id[i]), std::string_view::npos);
  }
  EXPECT_EQ(id[14], '7');
  EXPECT_NE(std::string_view("89ab").find(id[19]), std::string_view::npos);
  std::uint64_t millis = 0;
  const std::string digits = id.substr(0, 8) + id.substr(9, 4);
  std::from_chars(digits.data(), digits.data() + digits.size(), millis, 16);
  EXPECT_EQ(millis, 1'700'000'000'123U);
}

RC_GTEST_PROP(IdsProperty, IncreaseWhateverTheClockDoes, ()) {
  IdMaker ids;
  std::int64_t now = 1'700'000'000'000'000;
  std::string last;
  for (int i = 0; i < 200; ++i) {
    now += *rc::gen::inRange<std::int64_t>(-5'000'000, 5'000'000);
    const std::string id = ids.make(from_unix_micros(now));
    RC_ASSERT(last < id);
    last = id;
  }
}

TEST(Ids, NeverRepeatWithinAMillisecond) {
  IdMaker ids;
  std::set<std::string> seen;
  const UtcTime now = utc_now();
  // More than the 12 bits that count within a millisecond.
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(ids.make(now)).second);
}

TEST(Ids, OfTwoMakersDiffer) {
  EXPECT_NE(IdMaker().make(from_unix_micros(1)), IdMaker().make(from_unix_micros(1)));
}

TEST(StableKey, NeverChanges) {
  // Stored in databases: a change of these figures would orphan every endpoint.
  EXPECT_EQ(stable_key(""), 9'142'020'641'063'606'079);
  EXPECT_EQ(stable_key("sub2api https://example.com/cb"), 2'707'913'737'495'313'661);
  EXPECT_NE(stable_key("a"), stable_key("b"));
}

RC_GTEST_PROP(StableKeyProperty, IsPositive, (const std::string& text)) {
  RC_ASSERT(stable_key(text) > 0);
}

}  // namespace
}  // namespace yizhan

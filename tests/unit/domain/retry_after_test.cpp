// Fault 24: Retry-After in seconds, as a date, huge, past, nonsense.
#include "domain/retry_after.h"

#include <fmt/chrono.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace yizhan {
namespace {

constexpr Seconds kCap{3600};
// 1994-11-06 08:49:07 UTC: thirty seconds before the date of RFC 9110's examples.
constexpr UtcTime kNow{Seconds{784111747}};

std::optional<Microseconds> parse(std::string_view value) {
  return parse_retry_after(value, kNow, kCap);
}

TEST(RetryAfter, TakesSeconds) {
  EXPECT_EQ(parse("1"), Seconds{1});
  EXPECT_EQ(parse("120"), Seconds{120});
  EXPECT_EQ(parse("3600"), Seconds{3600});
  EXPECT_EQ(parse(" 120\t"), Seconds{120});
  EXPECT_EQ(parse("000120"), Seconds{120});
}

TEST(RetryAfter, TakesTheThreeFormsOfADate) {
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT"), Seconds{30});
  EXPECT_EQ(parse("Sunday, 06-Nov-94 08:49:37 GMT"), Seconds{30});
  EXPECT_EQ(parse("Sun Nov  6 08:49:37 1994"), Seconds{30});
  EXPECT_EQ(parse("Wed Nov 16 08:49:37 1994"), kCap);
}

TEST(RetryAfter, CutsWhatIsHugeToTheCap) {
  for (const char* value : {"3601", "86400", "9223372036854775807", "9223372036854775808",
                            "99999999999999999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    EXPECT_EQ(parse(value), kCap) << value;
  }
}

TEST(RetryAfter, IgnoresThePastAndNow) {
  for (const char* value :
       {"0", "000", "Sun, 06 Nov 1994 08:49:07 GMT", "Sun, 06 Nov 1994 08:49:06 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT", "Sunday, 06-Nov-93 08:49:37 GMT", "Sun Nov  6 08:49:37 1993"}) {
    EXPECT_EQ(parse(value), std::nullopt) << value;
  }
}

TEST(RetryAfter, IgnoresNonsense) {
  for (const char* value : {"",
                            " ",
                            "-1",
                            "-120",
                            "+120",
                            "1.5",
                            "1e3",
                            "0x10",
                            "120 seconds",
                            "1,2",
                            "120, 120",
                            "soon",
                            "null",
                            "NaN",
                            "１２",
                            "Sun, 06 Nov 2094 08:49:37",
                            "Sun, 06 Nov 2094 08:49:37 UTC",
                            "Sun, 06 Nov 2094 08:49:37 GMT+8",
                            "Sun, 06 Nov 2094 24:00:00 GMT",
                            "Sun, 06 Nov 2094 08:60:00 GMT",
                            "Sun, 06 Nov 2094 08:49:61 GMT",
                            "Sun, 31 Nov 2094 08:49:37 GMT",
                            "Mon, 29 Feb 2095 08:49:37 GMT",
                            "Sun, 00 Nov 2094 08:49:37 GMT",
                            "Xyz, 06 Nov 2094 08:49:37 GMT",
                            "Sun, 06 Foo 2094 08:49:37 GMT",
                            "sun, 06 nov 2094 08:49:37 gmt",
                            "Sun,06 Nov 2094 08:49:37 GMT",
                            "Sun, 6 Nov 2094 08:49:37 GMT",
                            "2094-11-06T08:49:37Z",
                            "Sunday, 06-Nov-1995",
                            "Sun Nov 6 08:49:37 2094",
                            "Sun, 06 Nov 2094 08:49:37 GMT trailing"}) {
    EXPECT_EQ(parse(value), std::nullopt) << value;
  }
}

TEST(RetryAfter, IsIgnoredUnderACapOfNothing) {
  EXPECT_EQ(parse_retry_after("10", kNow, Seconds{0}), std::nullopt);
}

TEST(HttpDate, TwoDigitYearsLieAtMostFiftyYearsAhead) {
  const UtcTime in_2026{Seconds{1777777777}};
  const auto year_of = [&](const char* text) {
    const auto days = std::chrono::floor<std::chrono::days>(parse_http_date(text, in_2026).value());
    return static_cast<int>(std::chrono::year_month_day{days}.year());
  };
  EXPECT_EQ(year_of("Tuesday, 06-Nov-26 08:49:37 GMT"), 2026);
  EXPECT_EQ(year_of("Friday, 06-Nov-76 08:49:37 GMT"), 2076);
  EXPECT_EQ(year_of("Sunday, 06-Nov-77 08:49:37 GMT"), 1977);
}

TEST(HttpDate, TakesALeapSecondAndALeapDay) {
  EXPECT_TRUE(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow));
  EXPECT_TRUE(parse_http_date("Thu, 29 Feb 2096 00:00:00 GMT", kNow));
}

RC_GTEST_PROP(RetryAfter, IsNeverNegativeNorOverTheCap, (const std::string& value)) {
  const auto wait = parse(value);
  RC_ASSERT(!wait || (*wait > Microseconds::zero() && *wait <= kCap));
}

RC_GTEST_PROP(RetryAfter, ADateIsWorthItsDistance, ()) {
  const auto ahead = *rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000);
  const auto now = UtcTime{Microseconds{*rc::gen::inRange<std::int64_t>(0, 4'102'444'800'000'000)}};
  const auto date = std::chrono::floor<Seconds>(now) + Seconds{ahead};
  const auto wait = parse_retry_after(fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", date), now, kCap);
  if (date <= now) {
    RC_ASSERT(wait == std::nullopt);
  } else {
    RC_ASSERT(wait == std::min<Microseconds>(date - now, kCap));
  }
}

}  // namespace
}  // namespace yizhan

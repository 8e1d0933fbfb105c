#include "base/clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

namespace yizhan {
namespace {

constexpr std::int64_t kYear0 = -62'167'219'200'000'000;
constexpr std::int64_t kYear10000 = 253'402'300'800'000'000;

TEST(Clock, WritesTimes) {
  const UtcTime time = from_unix_micros(1'770'366'600'000'123);
  EXPECT_EQ(to_store_text(time), "2026-02-06 08:30:00.000123");
  EXPECT_EQ(to_rfc3339(time), "2026-02-06T08:30:00.000123Z");
  EXPECT_EQ(to_store_text(from_unix_micros(-1)), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(to_store_text(from_unix_micros(kYear0)), "0000-01-01 00:00:00.000000");
  EXPECT_EQ(to_store_text(from_unix_micros(kYear10000 - 1)), "9999-12-31 23:59:59.999999");
}

TEST(Clock, ReadsEveryFormOfATime) {
  const UtcTime time = from_unix_micros(1'770'366'600'000'000);
  for (const std::string_view text :
       {"2026-02-06T08:30:00Z", "2026-02-06 08:30:00", "2026-02-06t08:30:00z", "2026-02-06T08:30:00.000000000Z",
        "2026-02-06T16:30:00+08:00", "2026-02-06T03:00:00-05:30", "2026-02-06T16:30:00+0800",
        "2026-02-06 08:30:00,0"}) {
    EXPECT_EQ(parse_time(text), time) << text;
  }
  EXPECT_EQ(parse_time("2026-02-06T08:30:00.5Z"), time + Milliseconds{500});
  EXPECT_EQ(parse_time("2026-02-06T08:30:00.123456789Z"), time + Microseconds{123456});
  EXPECT_EQ(parse_time("2024-02-29T00:00:00Z"), UtcTime{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}});
}

TEST(Clock, RefusesWhatIsNoTime) {
  for (const std::string_view text : {"",
                                      "2026",
                                      "2026-02-06",
                                      "2026-02-30T00:00:00Z",
                                      "2025-02-29T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-02-06T24:00:00Z",
                                      "2026-02-06T08:60:00Z",
                                      "2026-02-06T08:30:61Z",
                                      "2026-02-06T08:30Z",
                                      "2026-02-06T08:30:00.Z",
                                      "2026-02-06T08:30:00.1234567890Z",
                                      "2026-02-06T08:30:00+24:00",
                                      "2026-02-06T08:30:00+08:60",
                                      "2026-02-06T08:30:00+8",
                                      "2026-02-06T08:30:00ZZ",
                                      " 2026-02-06T08:30:00Z",
                                      "2026-2-6T08:30:00Z",
                                      "20260206T083000Z",
                                      "-026-02-06T08:30:00Z",
                                      "2026-02-06_08:30:00Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

RC_GTEST_PROP(ClockProperty, WhatIsWrittenIsReadAndSortsAsText, ()) {
  const auto moment = [] { return from_unix_micros(*rc::gen::inRange<std::int64_t>(kYear0, kYear10000)); };
  const UtcTime one = moment(), other = moment();
  RC_ASSERT(parse_time(to_store_text(one)) == one);
  RC_ASSERT(parse_time(to_rfc3339(one)) == one);
  RC_ASSERT((to_store_text(one) < to_store_text(other)) == (one < other));
  RC_ASSERT(from_unix_micros(to_unix_micros(one)) == one);
}

TEST(Clock, SecondsAreRoundedDownBeforeTheEpochToo) {
  EXPECT_EQ(to_unix_seconds(from_unix_micros(1'999'999)), 1);
  EXPECT_EQ(to_unix_seconds(from_unix_micros(-1)), -1);
}

}  // namespace
}  // namespace yizhan

#include "cli/readable.h"

#include <gtest/gtest.h>

namespace yizhan::cli {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

UtcTime at(const char* text) {
  return parse_time(text).value();
}

TEST(Readable, Counts) {
  EXPECT_EQ(readable_count(0), "0");
  EXPECT_EQ(readable_count(999), "999");
  EXPECT_EQ(readable_count(1000), "1,000");
  EXPECT_EQ(readable_count(1204331), "1,204,331");
  EXPECT_EQ(readable_count(-1204), "-1,204");
  EXPECT_EQ(readable_count(-100), "-100");
  EXPECT_EQ(counted(1, "event", "events"), "1 event");
  EXPECT_EQ(counted(2000, "event", "events"), "2,000 events");
}

TEST(Readable, Bytes) {
  EXPECT_EQ(readable_bytes(600), "600 B");
  EXPECT_EQ(readable_bytes(1024), "1.0 KiB");
  EXPECT_EQ(readable_bytes(1 << 20), "1.0 MiB");
  EXPECT_EQ(readable_bytes((1 << 20) - 1), "1.0 MiB") << "not 1024.0 KiB";
}

TEST(Readable, Spans) {
  EXPECT_EQ(readable_span(Milliseconds(12)), "12 ms");
  EXPECT_EQ(readable_span(Milliseconds(3456)), "3.4 s");
  EXPECT_EQ(readable_span(Seconds(42)), "42 s");
  EXPECT_EQ(readable_span(Seconds(125)), "2 min 5 s");
  EXPECT_EQ(readable_span(minutes(2)), "2 min");
  EXPECT_EQ(readable_span(minutes(312)), "5 h 12 min");
  EXPECT_EQ(readable_span(hours(76)), "3 d 4 h");
  EXPECT_EQ(readable_span(-Seconds(42)), "42 s");
  EXPECT_EQ(short_span(Milliseconds(999)), "now");
  EXPECT_EQ(short_span(hours(47)), "47 h");
  EXPECT_EQ(short_span(hours(48)), "2 d");
}

TEST(Readable, RelativeTimes) {
  const UtcTime now = at("2026-02-06T08:30:00Z");
  EXPECT_EQ(relative_time(now - Seconds(3), now), "3 s ago");
  EXPECT_EQ(relative_time(now + minutes(12), now), "in 12 min");
  EXPECT_EQ(relative_time(now, now), "now");
}

TEST(ParseSpan, TakesUnitsAndRefusesTheRest) {
  EXPECT_EQ(parse_span("45s").value(), Seconds(45));
  EXPECT_EQ(parse_span("15m").value(), minutes(15));
  EXPECT_EQ(parse_span("1h30m").value(), minutes(90));
  EXPECT_EQ(parse_span("7d").value(), days(7));
  EXPECT_EQ(parse_span("250ms").value(), Milliseconds(250));
  for (const char* text : {"", "5", "h", "-5m", "5 m", "5y", "99999999999999999999s", "100000d", "1e3s"}) {
    const auto span = parse_span(text);
    ASSERT_FALSE(span) << text;
    EXPECT_EQ(span.error().code, "usage_invalid");
  }
}

TEST(ParseMoment, TakesDatesTimesAndSpans) {
  const UtcTime now = at("2026-02-06T08:30:00Z");
  EXPECT_EQ(parse_moment("now", now, Direction::kPast).value(), now);
  EXPECT_EQ(parse_moment("2h", now, Direction::kPast).value(), at("2026-02-06T06:30:00Z"));
  EXPECT_EQ(parse_moment("2h", now, Direction::kFuture).value(), at("2026-02-06T10:30:00Z"));
  EXPECT_EQ(parse_moment("2026-02-01", now, Direction::kPast).value(), at("2026-02-01T00:00:00Z"));
  EXPECT_EQ(parse_moment("2026-02-01T12:00:00+08:00", now, Direction::kPast).value(), at("2026-02-01T04:00:00Z"));
  EXPECT_FALSE(parse_moment("yesterday", now, Direction::kPast));
  EXPECT_FALSE(parse_moment("2026-02-30", now, Direction::kPast));
}

}  // namespace
}  // namespace yizhan::cli

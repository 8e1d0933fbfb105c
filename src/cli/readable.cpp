#include "cli/readable.h"

#include <fmt/format.h>

#include <charconv>

namespace yizhan::cli {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kLongestSpan = 36'500 * kDay;  ///< keeps every sum with a time of this century in range

/// Length of the unit at the front of `text`, in microseconds, and how many characters it takes; 0 when there is none.
std::pair<std::int64_t, std::size_t> take_unit(std::string_view text) {
  if (text.starts_with("ms")) return {1000, 2};
  if (text.starts_with("s")) return {kSecond, 1};
  if (text.starts_with("min")) return {kMinute, 3};
  if (text.starts_with("m")) return {kMinute, 1};
  if (text.starts_with("h")) return {kHour, 1};
  if (text.starts_with("d")) return {kDay, 1};
  return {0, 0};
}

}  // namespace

Result<Microseconds> parse_span(std::string_view text) {
  const auto refuse = [&] {
    return fail("usage_invalid", fmt::format("'{}' is not a span of time: write it as 45s, 15m, 2h or 7d", text));
  };
  std::string_view rest = text;
  if (rest.empty()) return refuse();
  std::int64_t total = 0;
  while (!rest.empty()) {
    std::int64_t amount = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), amount);
    if (error != std::errc() || amount < 0) return refuse();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto [unit, length] = take_unit(rest);
    if (unit == 0 || amount > kLongestSpan / unit) return refuse();
    rest.remove_prefix(length);
    total += amount * unit;
    if (total > kLongestSpan) return refuse();
  }
  return Microseconds(total);
}

Result<UtcTime> parse_moment(std::string_view text, UtcTime now, Direction direction) {
  if (text == "now") return now;
  if (const auto time = parse_time(text)) return *time;
  if (const auto date = parse_time(std::string(text) + " 00:00:00")) return *date;
  if (const auto span = parse_span(text)) return direction == Direction::kPast ? now - *span : now + *span;
  return fail(
      "usage_invalid",
      fmt::format("'{}' is not a time: write 2026-02-06, 2026-02-06T08:30:00Z, or a span such as 15m, 2h or 7d{}", text,
                  direction == Direction::kPast ? " (ago)" : " (from now)"));
}

Result<TimeRange> parse_range(std::string_view since, std::string_view until, UtcTime now) {
  TimeRange range;
  struct End {
    std::string_view option, text;
    std::optional<UtcTime>& time;
  };
  for (const End& end : {End{"--since", since, range.from}, End{"--until", until, range.until}}) {
    if (end.text.empty()) continue;
    const auto time = parse_moment(end.text, now, Direction::kPast);
    if (!time) return fail("usage_invalid", fmt::format("{}: {}", end.option, time.error().message));
    end.time = *time;
  }
  if (range.from && range.until && *range.from >= *range.until) {
    return fail("usage_invalid", "--since is not before --until: nothing lies between them");
  }
  return range;
}

}  // namespace yizhan::cli

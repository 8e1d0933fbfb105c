#include "cli/readable.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>

namespace yizhan::cli {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kLongestSpan = 36'500 * kDay;  ///< keeps every sum with a time of this century in range

std::string two_units(std::int64_t amount, std::int64_t large, const char* large_name, std::int64_t small,
                      const char* small_name) {
  const std::int64_t rest = amount % large / small;
  if (rest == 0) return fmt::format("{} {}", amount / large, large_name);
  return fmt::format("{} {} {} {}", amount / large, large_name, rest, small_name);
}

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

std::string readable_count(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::size_t first = count < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

std::string counted(std::int64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", readable_count(count), count == 1 ? singular : plural);
}

std::string readable_bytes(std::size_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (amount >= 1023.95 && unit + 1 < kUnits.size()) {
    amount /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", amount, kUnits.at(unit));
}

std::string readable_span(Microseconds span) {
  const std::int64_t amount = std::abs(span.count());
  if (amount < 1000) return "<1 ms";
  if (amount < kSecond) return fmt::format("{} ms", amount / 1000);
  if (amount < 10 * kSecond) return fmt::format("{}.{} s", amount / kSecond, amount % kSecond / 100'000);
  if (amount < kMinute) return fmt::format("{} s", amount / kSecond);
  if (amount < kHour) return two_units(amount, kMinute, "min", kSecond, "s");
  if (amount < kDay) return two_units(amount, kHour, "h", kMinute, "min");
  return two_units(amount, kDay, "d", kHour, "h");
}

std::string short_span(Microseconds span) {
  const std::int64_t amount = std::abs(span.count());
  if (amount < kSecond) return "now";
  if (amount < kMinute) return fmt::format("{} s", amount / kSecond);
  if (amount < kHour) return fmt::format("{} min", amount / kMinute);
  if (amount < 2 * kDay) return fmt::format("{} h", amount / kHour);
  return fmt::format("{} d", amount / kDay);
}

std::string relative_time(UtcTime time, UtcTime now) {
  const Microseconds span = now - time;
  const std::string text = short_span(span);
  if (text == "now") return text;
  return span > Microseconds(0) ? text + " ago" : "in " + text;
}

std::string readable_time(UtcTime time) {
  return to_store_text(time).substr(0, 19);
}

std::string readable_clock(UtcTime time) {
  return to_store_text(time).substr(11, 12);
}

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

#include "base/readable.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

namespace yizhan {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

std::string two_units(std::int64_t amount, std::int64_t large, const char* large_name, std::int64_t small,
                      const char* small_name) {
  const std::int64_t rest = amount % large / small;
  if (rest == 0) return fmt::format("{} {}", amount / large, large_name);
  return fmt::format("{} {} {} {}", amount / large, large_name, rest, small_name);
}

}  // namespace

std::string readable_count(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::size_t first = count < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
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
  std::string text = short_span(span);
  if (text == "now") return text;
  return span > Microseconds(0) ? text + " ago" : "in " + text;
}

std::string readable_time(UtcTime time) {
  return to_store_text(time).substr(0, 19);
}

std::string readable_clock(UtcTime time) {
  return to_store_text(time).substr(11, 12);
}

}  // namespace yizhan

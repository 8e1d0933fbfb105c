#include "base/clock.h"

#include <cstdint>

namespace yizhan {
namespace {

void put_digits(char* out, unsigned value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Reads exactly `width` digits from the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take_character(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// `.123` to microseconds; at most 9 digits, those past the sixth are dropped.
std::optional<int> take_fraction(std::string_view& text) {
  int micros = 0;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    if (digits < 6) micros = micros * 10 + (text[digits] - '0');
    ++digits;
  }
  if (digits == 0 || digits > 9) return std::nullopt;
  for (std::size_t i = digits; i < 6; ++i) micros *= 10;
  text.remove_prefix(digits);
  return micros;
}

/// `Z`, `+hh:mm`, `-hh:mm` or nothing, to minutes east of UTC.
std::optional<int> take_offset_minutes(std::string_view& text) {
  if (text.empty()) return 0;
  if (take_character(text, "Zz")) return 0;
  const bool west = text.front() == '-';
  if (!take_character(text, "+-")) return std::nullopt;
  const auto hours = take_digits(text, 2);
  take_character(text, ":");
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int offset = *hours * 60 + *minutes;
  return west ? -offset : offset;
}

}  // namespace

UtcTime utc_now() {
  return std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
}

void write_store_text(UtcTime time, char* out) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto in_day = static_cast<std::uint64_t>((time - day).count());
  put_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out[4] = '-';
  put_digits(out + 5, static_cast<unsigned>(date.month()), 2);
  out[7] = '-';
  put_digits(out + 8, static_cast<unsigned>(date.day()), 2);
  out[10] = ' ';
  const auto seconds = static_cast<unsigned>(in_day / 1'000'000);
  put_digits(out + 11, seconds / 3600, 2);
  out[13] = ':';
  put_digits(out + 14, seconds / 60 % 60, 2);
  out[16] = ':';
  put_digits(out + 17, seconds % 60, 2);
  out[19] = '.';
  put_digits(out + 20, static_cast<unsigned>(in_day % 1'000'000), 6);
}

std::string to_store_text(UtcTime time) {
  std::string text(kStoreTextLength, '\0');
  write_store_text(time, text.data());
  return text;
}

void write_rfc3339(UtcTime time, char* out) {
  write_store_text(time, out);
  out[10] = 'T';
  out[kStoreTextLength] = 'Z';
}

std::string to_rfc3339(UtcTime time) {
  std::string text(kRfc3339Length, '\0');
  write_rfc3339(time, text.data());
  return text;
}

std::optional<UtcTime> parse_time(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take_character(text, "-")) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take_character(text, "-")) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take_character(text, "Tt ")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take_character(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take_character(text, ":")) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  int micros = 0;
  if (take_character(text, ".,")) {
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    micros = *fraction;
  }
  const auto offset = take_offset_minutes(text);
  if (!offset || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return UtcTime{std::chrono::sys_days{date}} + std::chrono::hours{*hour} + std::chrono::minutes{*minute - *offset} +
         Seconds{*second} + Microseconds{micros};
}

}  // namespace yizhan

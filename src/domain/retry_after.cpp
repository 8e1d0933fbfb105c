#include "domain/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace yizhan {
namespace {

constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> kLongDays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view without_blanks(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Reads a text from its beginning, piece by piece; after a piece that is not there everything fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    ok_ = ok_ && rest_.starts_with(expected);
    if (ok_) rest_.remove_prefix(expected.size());
  }

  template <std::size_t kCount>
  unsigned one_of(const std::array<std::string_view, kCount>& names) {
    for (unsigned index = 0; ok_ && index < kCount; ++index) {
      if (rest_.starts_with(names[index])) {
        rest_.remove_prefix(names[index].size());
        return index;
      }
    }
    ok_ = false;
    return 0;
  }

  int digits(std::size_t count) {
    ok_ = ok_ && rest_.size() >= count && std::ranges::all_of(rest_.substr(0, count), is_digit);
    if (!ok_) return 0;
    int number = 0;
    for (const char digit : rest_.substr(0, count)) number = number * 10 + (digit - '0');
    rest_.remove_prefix(count);
    return number;
  }

  bool next_is(char c) const { return ok_ && rest_.starts_with(c); }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct CivilTime {
  int year = 0;
  unsigned month = 0;  // from 1
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void read_time_of_day(Reader& reader, CivilTime& time) {
  time.hour = reader.digits(2);
  reader.literal(":");
  time.minute = reader.digits(2);
  reader.literal(":");
  time.second = reader.digits(2);
}

std::optional<UtcTime> to_utc(const CivilTime& time) {
  const std::chrono::year_month_day date{std::chrono::year{time.year}, std::chrono::month{time.month},
                                         std::chrono::day{static_cast<unsigned>(time.day)}};
  // A leap second (60) is within the grammar.
  if (!date.ok() || time.hour > 23 || time.minute > 59 || time.second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{time.hour} + std::chrono::minutes{time.minute} +
         Seconds{time.second};
}

// `Sun, 06 Nov 1994 08:49:37 GMT`
std::optional<UtcTime> parse_imf_fixdate(std::string_view text) {
  Reader reader(text);
  CivilTime time;
  reader.one_of(kDays);
  reader.literal(", ");
  time.day = reader.digits(2);
  reader.literal(" ");
  time.month = reader.one_of(kMonths) + 1;
  reader.literal(" ");
  time.year = reader.digits(4);
  reader.literal(" ");
  read_time_of_day(reader, time);
  reader.literal(" GMT");
  if (!reader.at_end()) return std::nullopt;
  return to_utc(time);
}

// `Sunday, 06-Nov-94 08:49:37 GMT`
std::optional<UtcTime> parse_rfc850_date(std::string_view text, UtcTime now) {
  Reader reader(text);
  CivilTime time;
  reader.one_of(kLongDays);
  reader.literal(", ");
  time.day = reader.digits(2);
  reader.literal("-");
  time.month = reader.one_of(kMonths) + 1;
  reader.literal("-");
  const int year_of_century = reader.digits(2);
  reader.literal(" ");
  read_time_of_day(reader, time);
  reader.literal(" GMT");
  if (!reader.at_end()) return std::nullopt;

  const int this_year =
      static_cast<int>(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(now)}.year());
  time.year = this_year - this_year % 100 + year_of_century;
  if (time.year > this_year + 50) time.year -= 100;
  return to_utc(time);
}

// `Sun Nov  6 08:49:37 1994`
std::optional<UtcTime> parse_asctime_date(std::string_view text) {
  Reader reader(text);
  CivilTime time;
  reader.one_of(kDays);
  reader.literal(" ");
  time.month = reader.one_of(kMonths) + 1;
  reader.literal(" ");
  if (reader.next_is(' ')) {
    reader.literal(" ");
    time.day = reader.digits(1);
  } else {
    time.day = reader.digits(2);
  }
  reader.literal(" ");
  read_time_of_day(reader, time);
  reader.literal(" ");
  time.year = reader.digits(4);
  if (!reader.at_end()) return std::nullopt;
  return to_utc(time);
}

}  // namespace

std::optional<UtcTime> parse_http_date(std::string_view text, UtcTime now) {
  if (const auto time = parse_imf_fixdate(text)) return time;
  if (const auto time = parse_rfc850_date(text, now)) return time;
  return parse_asctime_date(text);
}

std::optional<Microseconds> parse_retry_after(std::string_view value, UtcTime now, Seconds cap) {
  const std::string_view text = without_blanks(value);
  if (text.empty() || cap <= Seconds::zero()) return std::nullopt;

  if (std::ranges::all_of(text, is_digit)) {
    std::int64_t seconds = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
    // More digits than fit are a very long time: the cap.
    if (parsed.ec == std::errc::result_out_of_range || seconds > cap.count()) return cap;
    if (seconds == 0) return std::nullopt;
    return Seconds{seconds};
  }

  const std::optional<UtcTime> date = parse_http_date(text, now);
  if (!date || *date <= now) return std::nullopt;
  return std::min<Microseconds>(*date - now, cap);
}

}  // namespace yizhan

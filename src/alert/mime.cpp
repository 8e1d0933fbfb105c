#include "alert/mime.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/utf8.h"
#include "verify/base64.h"

namespace yizhan::alert {
namespace {

std::string base64(std::string_view text) {
  std::string encoded;
  const std::vector<unsigned char> bytes(text.begin(), text.end());
  verify::append_base64(encoded, bytes);
  return encoded;
}

/// RFC 5322 section 3.3: `Fri, 06 Feb 2026 08:30:00 +0000`
std::string mail_date(UtcTime time) {
  constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<Seconds>(time - day));
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays.at(std::chrono::weekday(day).c_encoding()),
                     unsigned{date.day()}, kMonths.at(unsigned{date.month()} - 1), int{date.year()},
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

/// RFC 2045 section 6.8: lines of 76 characters.
std::string base64_lines(std::string_view text) {
  constexpr std::size_t kLine = 76;
  const std::string encoded = base64(text);
  std::string lines;
  for (std::size_t at = 0; at < encoded.size(); at += kLine) {
    lines += encoded.substr(at, kLine);
    lines += "\r\n";
  }
  return lines;
}

}  // namespace

std::string message_id(std::string_view id, std::string_view from) {
  std::string kept;
  std::ranges::copy_if(id, std::back_inserter(kept), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
  });
  return fmt::format("<{}@{}>", kept, from.substr(from.find('@') + 1));
}

std::string encoded_words(std::string_view text) {
  // `=?UTF-8?B?` and `?=` take 12 of the 75; base64 makes 4 of 3.
  constexpr std::size_t kBytes = 45;
  std::string words;
  while (!text.empty()) {
    // At least one byte, whatever it is: what is no UTF-8 must not stop here.
    const std::string_view piece = text.substr(0, std::max<std::size_t>(utf8_prefix(text, kBytes).size(), 1));
    words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ", base64(piece));
    text.remove_prefix(piece.size());
  }
  return words;
}

std::string mime_message(const Mail& mail) {
  const std::string thread = message_id(mail.thread, mail.from);
  return fmt::format(
      "Date: {}\r\n"
      "From: Yizhan <{}>\r\n"
      "To: {}\r\n"
      "Subject: {}\r\n"
      "Message-ID: {}\r\n"
      "In-Reply-To: {}\r\n"
      "References: {}\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "\r\n"
      "{}",
      mail_date(mail.date), mail.from, fmt::join(mail.to, ",\r\n "), encoded_words(mail.subject),
      message_id(mail.id, mail.from), thread, thread, base64_lines(mail.text));
}

}  // namespace yizhan::alert

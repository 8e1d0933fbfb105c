#include "http/response_text.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace yizhan::http {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

std::string_view DateText::now() {
  timespec coarse{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
  if (coarse.tv_sec != second_) {
    second_ = coarse.tv_sec;
    static constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    ::gmtime_r(&second_, &parts);
    fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon],
                parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec)
        .copy(text_.data(), text_.size());
  }
  return {text_.data(), text_.size()};
}

void append_response(std::string& out, const ServerResponse& response, std::string_view date,
                     ConnectionField connection, bool head_only) {
  const bool has_body = response.status >= 200 && response.status != 204 && response.status != 304;
  const std::string_view reason = reason_phrase(response.status);
  out.reserve(out.size() + 160 + response.extra_header_lines.size() + response.body.size());
  char number[24];
  const auto append_number = [&](auto value) {
    const auto end = std::to_chars(number, number + sizeof number, value).ptr;
    out.append(number, static_cast<std::size_t>(end - number));
  };
  out += "HTTP/1.1 ";
  append_number(response.status);
  out += ' ';
  out += reason;
  out += "\r\nDate: ";
  out += date;
  if (has_body) {
    if (!response.content_type.empty()) {
      out += "\r\nContent-Type: ";
      out += response.content_type;
    }
    out += "\r\nContent-Length: ";
    append_number(response.body.size());
  }
  if (connection == ConnectionField::kClose) out += "\r\nConnection: close";
  if (connection == ConnectionField::kKeepAlive) out += "\r\nConnection: keep-alive";
  out += "\r\n";
  out += response.extra_header_lines;
  out += "\r\n";
  if (has_body && !head_only) out += response.body;
}

}  // namespace yizhan::http

#include "drive/http_message.h"

#include <strings.h>

#include <charconv>

namespace yizhan::bench {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool same_without_case(std::string_view left, std::string_view right) {
  // The length is given: NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage)
  return left.size() == right.size() && strncasecmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace

std::string_view Message::header(std::string_view name) const {
  std::string_view rest = header_lines;
  while (!rest.empty()) {
    const std::size_t end = rest.find(kLineEnd);
    const std::string_view line = rest.substr(0, end);
    if (line.size() > name.size() && line[name.size()] == ':' && same_without_case(line.substr(0, name.size()), name)) {
      std::string_view value = line.substr(name.size() + 1);
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      return value;
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + kLineEnd.size());
  }
  return {};
}

int Message::status() const {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  int status = 0;
  if (start_line.starts_with(kVersion)) {
    std::from_chars(start_line.data() + kVersion.size(), start_line.data() + start_line.size(), status);
  }
  return status;
}

std::string_view Message::target() const {
  const std::size_t begin = start_line.find(' ');
  if (begin == std::string_view::npos) return {};
  return start_line.substr(begin + 1, start_line.find(' ', begin + 1) - begin - 1);
}

Found find_message(std::string_view bytes, Message& message) {
  const std::size_t head = bytes.find(kHeadEnd);
  if (head == std::string_view::npos) return Found::kIncomplete;
  const std::size_t line = bytes.find(kLineEnd);
  message.start_line = bytes.substr(0, line);
  message.header_lines = line == head ? std::string_view{} : bytes.substr(line + kLineEnd.size(), head - line);
  if (!message.header("Transfer-Encoding").empty()) return Found::kBroken;

  std::size_t length = 0;
  const std::string_view text = message.header("Content-Length");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc{} || end != text.data() + text.size()) return Found::kBroken;

  message.size = head + kHeadEnd.size() + length;
  if (bytes.size() < message.size) return Found::kIncomplete;
  message.body = bytes.substr(head + kHeadEnd.size(), length);
  return Found::kMessage;
}

}  // namespace yizhan::bench

#include "receive/beijing_time.h"

#include <fmt/format.h>

namespace yizhan::receive {
namespace {

constexpr std::chrono::hours kOffset{8};
constexpr std::string_view kOffsetText = "+08:00";
constexpr std::size_t kCompactLength = 14;
constexpr std::size_t kLongestTime = 64;

}  // namespace

std::optional<UtcTime> parse_compact_beijing_time(std::string_view text) {
  if (text.size() != kCompactLength) return std::nullopt;
  return parse_time(fmt::format("{}-{}-{} {}:{}:{}{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2),
                                text.substr(8, 2), text.substr(10, 2), text.substr(12, 2), kOffsetText));
}

std::optional<UtcTime> parse_beijing_time(std::string_view text) {
  if (text.size() > kLongestTime) return std::nullopt;
  const auto local = parse_time(fmt::format("{}{}", text, kOffsetText));
  return local ? local : parse_time(text);
}

std::string to_beijing_text(UtcTime time) {
  return to_store_text(time + kOffset).substr(0, std::string_view("2014-10-30 13:35:25").size());
}

}  // namespace yizhan::receive

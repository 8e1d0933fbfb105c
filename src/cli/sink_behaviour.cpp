#include "cli/sink_behaviour.h"

#include <fmt/format.h>

#include <charconv>

namespace yizhan::cli {
namespace {

using Kind = SinkBehaviour::Kind;

std::string_view take_segment(std::string_view& path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

Result<int> take_number(std::string_view& path, std::string_view name, int lowest, int highest) {
  const std::string_view text = take_segment(path);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < lowest || number > highest) {
    return fail("usage_invalid", fmt::format("/{}/ takes a number from {} to {}", name, lowest, highest));
  }
  return number;
}

}  // namespace

Result<std::optional<SinkBehaviour>> parse_sink_behaviour(std::string_view path) {
  constexpr int kMostFailures = 1000;
  constexpr int kLongestSeconds = 86'400;
  constexpr int kLongestMilliseconds = 600'000;
  const std::string_view name = take_segment(path);
  SinkBehaviour behaviour;
  if (name == "ok") return behaviour;
  if (name == "fail") {
    const auto status = take_number(path, name, 200, 599);
    if (!status) return std::unexpected(status.error());
    behaviour.status = *status;
    return behaviour;
  }
  if (name == "flaky") {
    const auto failures = take_number(path, name, 0, kMostFailures);
    if (!failures) return std::unexpected(failures.error());
    behaviour.kind = Kind::kFlaky;
    behaviour.failures = *failures;
    return behaviour;
  }
  if (name == "retry-after") {
    const auto seconds = take_number(path, name, 0, kLongestSeconds);
    if (!seconds) return std::unexpected(seconds.error());
    behaviour.kind = Kind::kRetryAfter;
    behaviour.retry_after = Seconds(*seconds);
    return behaviour;
  }
  if (name == "slow") {
    const auto delay = take_number(path, name, 0, kLongestMilliseconds);
    if (!delay) return std::unexpected(delay.error());
    behaviour.kind = Kind::kSlow;
    behaviour.delay = Milliseconds(*delay);
    return behaviour;
  }
  if (name == "gone") {
    behaviour.status = 410;
    return behaviour;
  }
  if (name == "hang") {
    behaviour.kind = Kind::kHang;
  } else if (name == "drip") {
    behaviour.kind = Kind::kDrip;
  } else if (name == "flood") {
    behaviour.kind = Kind::kFlood;
  } else if (name == "redirect") {
    behaviour.kind = Kind::kRedirect;
  } else if (name == "close") {
    behaviour.kind = Kind::kClose;
  } else if (name == "garbage") {
    behaviour.kind = Kind::kGarbage;
  } else {
    return std::nullopt;
  }
  return behaviour;
}

}  // namespace yizhan::cli

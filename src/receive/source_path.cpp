#include "receive/source_path.h"

#include <fmt/format.h>

namespace yizhan::receive {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

}  // namespace

Result<std::string> source_path(std::string_view pattern, std::string_view name) {
  const bool good = name.size() <= kLongestName && name.find_first_not_of(kNameCharacters) == std::string_view::npos &&
                    name.find_first_not_of('.') != std::string_view::npos;
  if (!good) {
    return fail("source_name_invalid",
                fmt::format("'{}' cannot stand in the path {}: use 1 to {} letters, digits, -, _ and dots.", name,
                            pattern, kLongestName));
  }
  const std::size_t begin = pattern.find('{');
  const std::size_t end = pattern.find('}');
  return fmt::format("{}{}{}", pattern.substr(0, begin), name, pattern.substr(end + 1));
}

}  // namespace yizhan::receive

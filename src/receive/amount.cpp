#include "receive/amount.h"

#include <charconv>

namespace yizhan::receive {
namespace {

constexpr std::size_t kMostDigits = 15;
constexpr std::size_t kDecimals = 2;
constexpr std::int64_t kFenInYuan = 100;

/// Digits alone: from_chars() would take a minus sign.
std::optional<std::int64_t> read_digits(std::string_view text, std::size_t most) {
  if (text.empty() || text.size() > most || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::optional<std::int64_t> parse_fen(std::string_view text) {
  return read_digits(text, kMostDigits);
}

std::optional<std::int64_t> parse_yuan(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto yuan = read_digits(text.substr(0, point), kMostDigits - kDecimals);
  if (!yuan) return std::nullopt;
  if (point == std::string_view::npos) return *yuan * kFenInYuan;
  const std::string_view decimals = text.substr(point + 1);
  const auto fen = read_digits(decimals, kDecimals);
  if (!fen) return std::nullopt;
  return *yuan * kFenInYuan + (decimals.size() == kDecimals ? *fen : *fen * 10);
}

}  // namespace yizhan::receive

// Amounts of money as notices write them, in fen (a hundredth of a yuan) without any floating point on the way.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace yizhan::receive {

/// Digits alone, at most 15 of them: `100`.
std::optional<std::int64_t> parse_fen(std::string_view text);

/// Digits, and up to two more behind a point: `1`, `1.5`, `1.50`. No sign, no exponent, no blanks; a third decimal is
/// refused even if it is zero, since nobody says how it would have been rounded.
std::optional<std::int64_t> parse_yuan(std::string_view text);

}  // namespace yizhan::receive

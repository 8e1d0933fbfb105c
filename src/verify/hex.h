// Hexadecimal text of raw bytes (RFC 4648 section 8).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yizhan::verify {

/// Lower-case.
void append_hex(std::string& out, std::span<const unsigned char> bytes);

/// Either case; empty for an odd length or any other character.
std::optional<std::vector<unsigned char>> decode_hex(std::string_view text);

}  // namespace yizhan::verify

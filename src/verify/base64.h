// Base64 with the standard alphabet and padding (RFC 4648 section 4), and base64url without padding (RFC 7515 section
// 2).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yizhan::verify {

void append_base64(std::string& out, std::span<const unsigned char> bytes);

/// Strict: exactly what append_base64() would have written. Empty for blanks, line ends, missing padding, the URL
/// alphabet, or bits that are set beyond the last byte.
std::optional<std::vector<unsigned char>> decode_base64(std::string_view text);

void append_base64url(std::string& out, std::span<const unsigned char> bytes);
/// Strict likewise; empty also for padding and the standard alphabet's `+` and `/`.
std::optional<std::vector<unsigned char>> decode_base64url(std::string_view text);

}  // namespace yizhan::verify

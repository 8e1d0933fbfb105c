// Plain digests, for the schemes that sign by hashing the text together with the secret.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace yizhan::verify {

inline constexpr std::size_t kMd5Size = 16;
inline constexpr std::size_t kSha256Size = 32;

/// Of the pieces as one text. Ends the process where OpenSSL lacks MD5 (a FIPS provider alone), and that the first time
/// it is asked: what verifies by MD5 asks once when it is made.
std::array<unsigned char, kMd5Size> md5(std::span<const std::string_view> pieces);
std::array<unsigned char, kSha256Size> sha256(std::span<const std::string_view> pieces);

/// Lower-case hexadecimal.
std::string md5_hex(std::string_view text);
std::string sha256_hex(std::string_view text);

}  // namespace yizhan::verify

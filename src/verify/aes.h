// AES-256: decrypting what WeChat Pay encrypts, and secrets that are sealed at rest. Error code: `decryption_failed`
// (another key, or a text that was changed or cut); why is not told more closely, on purpose.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace yizhan::verify {

inline constexpr std::size_t kAes256KeySize = 32;
inline constexpr std::size_t kGcmNonceSize = 12;
inline constexpr std::size_t kGcmTagSize = 16;
using Aes256Key = std::array<unsigned char, kAes256KeySize>;

/// The key whose bytes these are; empty unless there are kAes256KeySize of them.
std::optional<Aes256Key> aes_256_key(std::string_view bytes);

/// AES-256-ECB with PKCS#7 padding. ECB authenticates nothing: the result is what anybody may have put together.
Result<std::string> decrypt_aes_256_ecb(const Aes256Key& key, std::span<const unsigned char> ciphertext);

/// AES-256-GCM: nonce of kGcmNonceSize bytes, the tag is the last kGcmTagSize bytes of `ciphertext`; the associated
/// data may be empty. Nothing is returned of a text whose tag is wrong.
Result<std::string> decrypt_aes_256_gcm(const Aes256Key& key, std::string_view nonce, std::string_view associated_data,
                                        std::span<const unsigned char> ciphertext);

/// The ciphertext and its tag, as decrypt_aes_256_gcm() takes them. A nonce must never be used twice with one key.
std::string encrypt_aes_256_gcm(const Aes256Key& key, std::string_view nonce, std::string_view associated_data,
                                std::string_view text);

}  // namespace yizhan::verify

// Comparing secrets without telling by the time it takes how much of a guess was right.
#pragma once

#include <openssl/crypto.h>

#include <span>

namespace yizhan::verify {

/// Compares raw bytes; the time depends on the lengths alone, which are no secret.
inline bool equal_in_constant_time(std::span<const unsigned char> left, std::span<const unsigned char> right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace yizhan::verify

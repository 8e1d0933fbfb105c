// Ed25519 signatures (RFC 8032). The seed of 32 bytes is the private key; the public key of 32 bytes follows from it.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <span>

#include "verify/signing_key.h"

namespace yizhan::verify {

inline constexpr std::size_t kEd25519KeySize = 32;  ///< of the seed, and of the public key
inline constexpr std::size_t kEd25519SignatureSize = 64;
using Ed25519Bytes = std::span<const unsigned char, kEd25519KeySize>;

class Ed25519Key final : public SigningKey {
 public:
  static Ed25519Key from_seed(Ed25519Bytes seed);
  /// Every 32 bytes are taken; those that are no point on the curve verify nothing.
  static Ed25519Key from_public_key(Ed25519Bytes public_key);

  std::array<unsigned char, kEd25519KeySize> public_key() const;

  std::size_t signature_size() const override { return kEd25519SignatureSize; }
  bool can_sign() const override { return can_sign_; }
  void sign(TextPieces text, std::span<unsigned char> signature) const override;
  bool verifies(TextPieces text, std::span<const unsigned char> signature) const override;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  Ed25519Key(EVP_PKEY* key, bool can_sign);

  std::unique_ptr<EVP_PKEY, Free> key_;
  bool can_sign_;
};

}  // namespace yizhan::verify

// HMAC (RFC 2104), keyed once: the state after the key is kept and copied for each message. OpenSSL 3's one-shot HMAC()
// looks its algorithm up and hashes the key again for every message, which takes twice as long for a body of 600 bytes.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string_view>

#include "domain/signing_scheme.h"
#include "verify/signing_key.h"

namespace yizhan::verify {

class HmacKey final : public SigningKey {
 public:
  /// `key`: raw bytes, at least one. Terminates the process when OpenSSL lacks the algorithm or memory.
  HmacKey(HmacAlgorithm algorithm, std::string_view key);

  std::size_t signature_size() const override { return size_; }
  bool can_sign() const override { return true; }
  void sign(TextPieces text, std::span<unsigned char> signature) const override;
  bool verifies(TextPieces text, std::span<const unsigned char> signature) const override;

 private:
  struct Free {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  using Context = std::unique_ptr<EVP_MAC_CTX, Free>;

  Context keyed_;  // never written after the constructor; every message gets a copy
  std::size_t size_ = 0;
};

}  // namespace yizhan::verify

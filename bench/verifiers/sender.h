// The sender's side of what the verifiers are measured on: RSA signatures and AES, by OpenSSL's plain interfaces.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace yizhan::bench {

/// An RSA key of 2048 bits, new in every run.
class RsaSender {
 public:
  RsaSender();
  std::string public_key() const;                      ///< base64 of the SubjectPublicKeyInfo
  std::string public_pem() const;                      ///< the same as PEM
  std::string signature(std::string_view text) const;  ///< base64, PKCS#1 v1.5 with SHA-256

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
};

/// Base64. The key has 32 bytes; with a nonce, which has 12, it is GCM with its tag at the end, else ECB.
std::string aes_256_encrypted(std::string_view key, std::string_view nonce, std::string_view plain);

}  // namespace yizhan::bench

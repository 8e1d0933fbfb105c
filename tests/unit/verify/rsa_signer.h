// The other side of what is verified here: RSA keys that sign, their public halves in every form that senders hand out,
// and AES as the sender encrypts. Made by OpenSSL's plain interfaces, not by the code under test.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace yizhan::verify {

class RsaSigner {
 public:
  explicit RsaSigner(int bits = 2048);
  /// Shared by the tests of one program: making a key takes a tenth of a second.
  static const RsaSigner& first();
  static const RsaSigner& second();

  std::string public_pem() const;   ///< PUBLIC KEY
  std::string pkcs1_pem() const;    ///< RSA PUBLIC KEY
  std::string private_pem() const;  ///< PRIVATE KEY
  std::string bare_base64() const;  ///< the PUBLIC KEY without PEM's frame
  std::string bare_private_base64() const;
  std::string certificate_pem(const std::string& serial_hex) const;

  std::string sign(std::string_view text, const char* digest = "SHA256") const;  ///< raw bytes
  std::string sign_base64(std::string_view text, const char* digest = "SHA256") const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
};

/// PEM of a public key on the curve P-256, which is no RSA key.
std::string elliptic_public_pem();

std::string base64_text(std::string_view bytes);
/// Raw bytes; the tag comes last. `cipher`: AES-256-ECB, which takes neither nonce nor data and has no tag, or
/// AES-256-GCM.
std::string aes_encrypted(const char* cipher, std::string_view key, std::string_view plain, std::string_view nonce = {},
                          std::string_view associated_data = {});

}  // namespace yizhan::verify

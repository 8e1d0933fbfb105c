// RSA public keys, and signatures by them: PKCS#1 v1.5 with SHA-256 (RFC 8017 section 8.2), which WeChat Pay v3 calls
// WECHATPAY2-SHA256-RSA2048 and Alipay RSA2.
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "verify/digest_context.h"
#include "verify/signing_key.h"

namespace yizhan::verify {

inline constexpr int kSmallestRsaBits = 2048;
inline constexpr int kLargestRsaBits = 8192;

/// Immutable; may be used from several threads at once.
class RsaPublicKey {
 public:
  /// PEM: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`, the first block counts. Or, without PEM's frame, the base64
  /// text that Alipay's console shows, line ends and blanks between its characters allowed. A certificate's dates and
  /// issuer are not checked: the operator names the very key that is trusted. Code `public_key_invalid`; the message
  /// is what is wrong with it (`holds a private key; …`), for the caller to say which key it was.
  static Result<RsaPublicKey> parse(std::string_view text);

  /// Of a certificate: its serial number in upper-case hexadecimal without leading zeros. Otherwise empty.
  const std::string& certificate_serial() const { return certificate_serial_; }
  /// Bytes of a signature.
  std::size_t signature_size() const;
  /// False for a signature of another size, too.
  bool verifies(TextPieces text, std::span<const unsigned char> signature) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;
  using Bytes = std::span<const unsigned char>;
  RsaPublicKey(Key key, std::string certificate_serial);

  static Result<RsaPublicKey> from_public_key(Bytes der);
  static Result<RsaPublicKey> from_pkcs1(Bytes der);
  static Result<RsaPublicKey> from_certificate(Bytes der);
  static Result<RsaPublicKey> checked(Key key, std::string certificate_serial);

  Key key_;
  DigestContext ready_;  // the state before the text; never written after the constructor, every message gets a copy
  std::string certificate_serial_;
};

}  // namespace yizhan::verify

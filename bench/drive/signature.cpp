#include "drive/signature.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>
#include <stdexcept>

namespace yizhan::bench {

SigningKey::SigningKey(std::string_view secret) {
  EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  keyed_.reset(EVP_MAC_CTX_new(algorithm));
  EVP_MAC_free(algorithm);
  std::string digest = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                   OSSL_PARAM_construct_end()};
  if (!keyed_ || EVP_MAC_init(keyed_.get(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                              parameters) != 1) {
    throw std::runtime_error("OpenSSL has no HMAC-SHA256");
  }
}

std::string SigningKey::sign(std::initializer_list<std::string_view> pieces) const {
  const std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_dup(keyed_.get()));
  for (const std::string_view piece : pieces) {
    EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
  }
  std::array<unsigned char, kHexDigits / 2> digest;
  std::size_t size = 0;
  EVP_MAC_final(context.get(), digest.data(), &size, digest.size());
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(kHexDigits);
  for (const unsigned char byte : digest) {
    text += kHex[byte >> 4U];
    text += kHex[byte & 15U];
  }
  return text;
}

}  // namespace yizhan::bench

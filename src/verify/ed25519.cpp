#include "verify/ed25519.h"

#include <openssl/err.h>

#include <string>

#include "verify/digest_context.h"
#include "verify/openssl_check.h"

namespace yizhan::verify {
namespace {

// Ed25519 reads its message twice, so OpenSSL takes it in one piece only.
std::string joined(TextPieces text) {
  std::size_t size = 0;
  for (const std::string_view piece : text) size += piece.size();
  std::string whole;
  whole.reserve(size);
  for (const std::string_view piece : text) whole += piece;
  return whole;
}

}  // namespace

Ed25519Key::Ed25519Key(EVP_PKEY* key, bool can_sign) : key_(key), can_sign_(can_sign) {
  require_openssl(key_ != nullptr, "EVP_PKEY_new_raw_key");
}

Ed25519Key Ed25519Key::from_seed(Ed25519Bytes seed) {
  return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()), true};
}

Ed25519Key Ed25519Key::from_public_key(Ed25519Bytes public_key) {
  return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()), false};
}

std::array<unsigned char, kEd25519KeySize> Ed25519Key::public_key() const {
  std::array<unsigned char, kEd25519KeySize> bytes{};
  std::size_t size = bytes.size();
  require_openssl(EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size) == 1, "EVP_PKEY_get_raw_public_key");
  return bytes;
}

void Ed25519Key::sign(TextPieces text, std::span<unsigned char> signature) const {
  const DigestContext context = new_digest_context();
  const std::string whole = joined(text);
  std::size_t written = signature.size();
  require_openssl(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1, "EVP_DigestSignInit");
  require_openssl(EVP_DigestSign(context.get(), signature.data(), &written, bytes_of(whole), whole.size()) == 1 &&
                      written == kEd25519SignatureSize,
                  "EVP_DigestSign");
}

bool Ed25519Key::verifies(TextPieces text, std::span<const unsigned char> signature) const {
  const DigestContext context = new_digest_context();
  const std::string whole = joined(text);
  require_openssl(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1,
                  "EVP_DigestVerifyInit");
  const bool good =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(whole), whole.size()) == 1;
  // A wrong signature leaves a reason in this thread's queue, where the next reader of it, a TLS connection, would
  // stumble.
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace yizhan::verify

#include "verify/rsa.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "verify/base64.h"

namespace yizhan::verify {
namespace {

// No key or certificate comes near it.
constexpr std::size_t kLongestKeyText = 65536;

constexpr std::string_view kPrivate =
    "holds a private key; put the sender's public key or certificate here, and treat the private one as exposed if it "
    "was meant for nobody else";

std::unexpected<Error> bad_key(std::string message) {
  ERR_clear_error();  // of this thread: the next reader of it, a TLS connection, would stumble
  return fail("public_key_invalid", std::move(message));
}

struct PemBlock {
  std::string label;  ///< as `PUBLIC KEY`
  std::vector<unsigned char> der;
};

std::optional<PemBlock> read_pem(std::string_view text) {
  BIO* const source = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  require_openssl(source != nullptr, "BIO_new_mem_buf");
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
  std::optional<PemBlock> block;
  if (PEM_read_bio(source, &label, &header, &bytes, &size) == 1) {
    block = PemBlock{label, {bytes, bytes + size}};
    OPENSSL_cleanse(bytes, static_cast<std::size_t>(size));  // it may be a private key, put here by mistake
  }
  OPENSSL_free(label);
  OPENSSL_free(header);
  OPENSSL_free(bytes);
  BIO_free(source);
  return block;
}

bool is_private_key(std::span<const unsigned char> der) {
  const unsigned char* at = der.data();
  EVP_PKEY* const key = d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()));
  EVP_PKEY_free(key);
  return key != nullptr;
}

std::string serial_of(const X509& certificate) {
  BIGNUM* const number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr);
  require_openssl(number != nullptr, "ASN1_INTEGER_to_BN");
  char* const digits = BN_bn2hex(number);  // upper-case
  require_openssl(digits != nullptr, "BN_bn2hex");
  std::string text = digits;
  OPENSSL_free(digits);
  BN_free(number);
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  return text;
}

}  // namespace

RsaPublicKey::RsaPublicKey(Key key, std::string certificate_serial)
    : key_(std::move(key)), ready_(new_digest_context()), certificate_serial_(std::move(certificate_serial)) {
  require_openssl(EVP_DigestVerifyInit_ex(ready_.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) == 1,
                  "EVP_DigestVerifyInit_ex");
}

Result<RsaPublicKey> RsaPublicKey::parse(std::string_view text) {
  if (text.size() > kLongestKeyText) return bad_key("is too long to be a key");
  if (text.contains("-----BEGIN")) {
    const auto block = read_pem(text);
    if (!block) return bad_key("is not whole PEM: copy it again, from the BEGIN line to the END line");
    if (block->label == "PUBLIC KEY") return from_public_key(block->der);
    if (block->label == "RSA PUBLIC KEY") return from_pkcs1(block->der);
    if (block->label == "CERTIFICATE") return from_certificate(block->der);
    if (block->label.ends_with("PRIVATE KEY")) return bad_key(std::string(kPrivate));
    return bad_key("is PEM of something else; PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE is needed");
  }
  std::string bare(text);
  std::erase_if(bare, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  const auto der = decode_base64(bare);
  if (!der || der->empty()) return bad_key("is neither PEM nor base64; copy it again from the sender's console");
  return from_public_key(*der);
}

Result<RsaPublicKey> RsaPublicKey::from_public_key(Bytes der) {
  const unsigned char* at = der.data();
  Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (key != nullptr && at == der.data() + der.size()) return checked(std::move(key), {});
  if (is_private_key(der)) return bad_key(std::string(kPrivate));
  return from_pkcs1(der);
}

Result<RsaPublicKey> RsaPublicKey::from_pkcs1(Bytes der) {
  const unsigned char* at = der.data();
  Key key(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
  if (key != nullptr && at == der.data() + der.size()) return checked(std::move(key), {});
  return bad_key("holds no public key; copy it again from the sender's console");
}

Result<RsaPublicKey> RsaPublicKey::from_certificate(Bytes der) {
  const unsigned char* at = der.data();
  X509* const certificate = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  if (certificate == nullptr) return bad_key("is a certificate that cannot be read; copy it again");
  std::string serial = serial_of(*certificate);
  Key key(X509_get_pubkey(certificate));
  X509_free(certificate);
  return checked(std::move(key), std::move(serial));
}

Result<RsaPublicKey> RsaPublicKey::checked(Key key, std::string certificate_serial) {
  if (key == nullptr || EVP_PKEY_is_a(key.get(), "RSA") != 1) {
    return bad_key("is no RSA key; this scheme signs with RSA");
  }
  const int bits = EVP_PKEY_get_bits(key.get());
  if (bits < kSmallestRsaBits || bits > kLargestRsaBits) {
    return bad_key(
        fmt::format("is an RSA key of {} bits; {} to {} are taken", bits, kSmallestRsaBits, kLargestRsaBits));
  }
  return RsaPublicKey(std::move(key), std::move(certificate_serial));
}

std::size_t RsaPublicKey::signature_size() const {
  return static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
}

bool RsaPublicKey::verifies(TextPieces text, std::span<const unsigned char> signature) const {
  if (signature.size() != signature_size()) return false;
  const DigestContext context = new_digest_context();
  require_openssl(EVP_MD_CTX_copy_ex(context.get(), ready_.get()) == 1, "EVP_MD_CTX_copy_ex");
  for (const std::string_view piece : text) {
    require_openssl(EVP_DigestVerifyUpdate(context.get(), piece.data(), piece.size()) == 1, "EVP_DigestVerifyUpdate");
  }
  const bool good = EVP_DigestVerifyFinal(context.get(), signature.data(), signature.size()) == 1;
  // A wrong signature leaves a reason in this thread's queue, where the next reader of it, a TLS connection, would
  // stumble.
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace yizhan::verify

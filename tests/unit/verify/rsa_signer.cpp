#include "rsa_signer.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace yizhan::verify {
namespace {

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

std::string der_of(int (*encode)(const EVP_PKEY*, unsigned char**), const EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const int size = encode(key, &bytes);
  EXPECT_GT(size, 0);
  std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

std::string pem_of(const char* label, const std::string& der) {
  BIO* const memory = BIO_new(BIO_s_mem());
  PEM_write_bio(memory, label, "", reinterpret_cast<const unsigned char*>(der.data()), static_cast<long>(der.size()));
  return text_of(memory);
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

RsaSigner::RsaSigner(int bits) : key_(EVP_RSA_gen(static_cast<std::size_t>(bits))) {}

const RsaSigner& RsaSigner::first() {
  static const RsaSigner kSigner;
  return kSigner;
}

const RsaSigner& RsaSigner::second() {
  static const RsaSigner kSigner;
  return kSigner;
}

std::string RsaSigner::public_pem() const {
  return pem_of("PUBLIC KEY", der_of(i2d_PUBKEY, key_.get()));
}

std::string RsaSigner::pkcs1_pem() const {
  return pem_of("RSA PUBLIC KEY", der_of(i2d_PublicKey, key_.get()));
}

std::string RsaSigner::private_pem() const {
  BIO* const memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(memory, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(memory);
}

std::string RsaSigner::bare_base64() const {
  return base64_text(der_of(i2d_PUBKEY, key_.get()));
}

std::string RsaSigner::bare_private_base64() const {
  return base64_text(der_of(i2d_PrivateKey, key_.get()));
}

std::string RsaSigner::certificate_pem(const std::string& serial_hex) const {
  X509* const certificate = X509_new();
  BIGNUM* number = nullptr;
  BN_hex2bn(&number, serial_hex.c_str());
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_pubkey(certificate, key_.get());
  EXPECT_GT(X509_sign(certificate, key_.get(), EVP_sha256()), 0);
  BIO* const memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, certificate);
  X509_free(certificate);
  return text_of(memory);
}

std::string RsaSigner::sign(std::string_view text, const char* digest) const {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EXPECT_EQ(EVP_DigestSignInit_ex(context, nullptr, digest, nullptr, nullptr, key_.get(), nullptr), 1);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = signature.size();
  EXPECT_EQ(
      EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(text), text.size()),
      1);
  EVP_MD_CTX_free(context);
  return signature;
}

std::string RsaSigner::sign_base64(std::string_view text, const char* digest) const {
  return base64_text(sign(text, digest));
}

std::string elliptic_public_pem() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  std::string pem = pem_of("PUBLIC KEY", der_of(i2d_PUBKEY, key));
  EVP_PKEY_free(key);
  return pem;
}

std::string base64_text(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string aes_encrypted(const char* cipher, std::string_view key, std::string_view plain, std::string_view nonce,
                          std::string_view associated_data) {
  EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, cipher, nullptr);
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  EXPECT_EQ(EVP_EncryptInit_ex2(context, algorithm, bytes_of(key), nonce.empty() ? nullptr : bytes_of(nonce), nullptr),
            1);
  std::string out(plain.size() + 32, '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
  int size = 0;
  if (!associated_data.empty()) {
    EVP_EncryptUpdate(context, nullptr, &size, bytes_of(associated_data), static_cast<int>(associated_data.size()));
  }
  int written = 0;
  EVP_EncryptUpdate(context, bytes, &written, bytes_of(plain), static_cast<int>(plain.size()));
  EXPECT_EQ(EVP_EncryptFinal_ex(context, bytes + written, &size), 1);
  written += size;
  if (!nonce.empty()) {
    EXPECT_EQ(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, bytes + written), 1);
    written += 16;
  }
  out.resize(static_cast<std::size_t>(written));
  EVP_CIPHER_CTX_free(context);
  EVP_CIPHER_free(algorithm);
  return out;
}

}  // namespace yizhan::verify

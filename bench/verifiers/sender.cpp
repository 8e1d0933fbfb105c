#include "verifiers/sender.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "verify/base64.h"
#include "verify/openssl_check.h"

namespace yizhan::bench {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string base64_of(std::string_view bytes) {
  std::string text;
  verify::append_base64(text, {bytes_of(bytes), bytes.size()});
  return text;
}

}  // namespace

RsaSender::RsaSender() : key_(EVP_RSA_gen(2048)) {
  verify::require_openssl(key_ != nullptr, "EVP_RSA_gen");
}

std::string RsaSender::public_key() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  verify::require_openssl(size > 0, "i2d_PUBKEY");
  std::string text = base64_of({reinterpret_cast<char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return text;
}

std::string RsaSender::public_pem() const {
  return "-----BEGIN PUBLIC KEY-----\n" + public_key() + "\n-----END PUBLIC KEY-----\n";
}

std::string RsaSender::signature(std::string_view text) const {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::string raw(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = raw.size();
  const bool good =
      EVP_DigestSignInit_ex(context, nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) == 1 &&
      EVP_DigestSign(context, reinterpret_cast<unsigned char*>(raw.data()), &size, bytes_of(text), text.size()) == 1;
  verify::require_openssl(good, "EVP_DigestSign");
  EVP_MD_CTX_free(context);
  return base64_of(raw);
}

std::string aes_256_encrypted(std::string_view key, std::string_view nonce, std::string_view plain) {
  const bool is_gcm = !nonce.empty();
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  std::string out(plain.size() + 32, '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
  int written = 0;
  int last = 0;
  bool good = EVP_EncryptInit_ex2(context, is_gcm ? EVP_aes_256_gcm() : EVP_aes_256_ecb(), bytes_of(key),
                                  is_gcm ? bytes_of(nonce) : nullptr, nullptr) == 1 &&
              EVP_EncryptUpdate(context, bytes, &written, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
              EVP_EncryptFinal_ex(context, bytes + written, &last) == 1;
  written += last;
  if (is_gcm) {
    good = good && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, bytes + written) == 1;
    written += 16;
  }
  verify::require_openssl(good, "EVP_Encrypt");
  EVP_CIPHER_CTX_free(context);
  out.resize(static_cast<std::size_t>(written));
  return base64_of(out);
}

}  // namespace yizhan::bench

#include "verify/aes.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "verify/openssl_check.h"

namespace yizhan::verify {
namespace {

constexpr std::size_t kBlockSize = 16;
// OpenSSL counts in int; no notice comes near it.
constexpr std::size_t kLongestCiphertext = std::size_t{1} << 24;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

Context new_context() {
  Context context(EVP_CIPHER_CTX_new());
  require_openssl(context != nullptr, "EVP_CIPHER_CTX_new");
  return context;
}

const EVP_CIPHER* fetch_cipher(const char* name) {
  const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  require_openssl(cipher != nullptr, "EVP_CIPHER_fetch");
  return cipher;
}

std::unexpected<Error> not_decrypted() {
  ERR_clear_error();  // of this thread: the next reader of it, a TLS connection, would stumble
  return fail("decryption_failed",
              "The encrypted part cannot be decrypted: the key configured is not the one that the sender used, or the "
              "text was changed on its way. Compare the key with the sender's console.");
}

}  // namespace

std::optional<Aes256Key> aes_256_key(std::string_view bytes) {
  Aes256Key key;
  if (bytes.size() != key.size()) return std::nullopt;
  std::ranges::copy(bytes, key.begin());
  return key;
}

Result<std::string> decrypt_aes_256_ecb(const Aes256Key& key, std::span<const unsigned char> ciphertext) {
  static const EVP_CIPHER* const kCipher = fetch_cipher("AES-256-ECB");
  if (ciphertext.empty() || ciphertext.size() % kBlockSize != 0 || ciphertext.size() > kLongestCiphertext) {
    return not_decrypted();
  }
  const Context context = new_context();
  require_openssl(EVP_DecryptInit_ex2(context.get(), kCipher, key.data(), nullptr, nullptr) == 1,
                  "EVP_DecryptInit_ex2");
  std::string plain(ciphertext.size() + kBlockSize, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(plain.data());
  int written = 0;
  int last = 0;
  if (EVP_DecryptUpdate(context.get(), out, &written, ciphertext.data(), static_cast<int>(ciphertext.size())) != 1 ||
      EVP_DecryptFinal_ex(context.get(), out + written, &last) != 1) {
    return not_decrypted();
  }
  plain.resize(static_cast<std::size_t>(written) + static_cast<std::size_t>(last));
  return plain;
}

Result<std::string> decrypt_aes_256_gcm(const Aes256Key& key, std::string_view nonce, std::string_view associated_data,
                                        std::span<const unsigned char> ciphertext) {
  static const EVP_CIPHER* const kCipher = fetch_cipher("AES-256-GCM");
  if (nonce.size() != kGcmNonceSize || ciphertext.size() < kGcmTagSize || ciphertext.size() > kLongestCiphertext ||
      associated_data.size() > kLongestCiphertext) {
    return not_decrypted();
  }
  const auto text = ciphertext.first(ciphertext.size() - kGcmTagSize);
  const auto tag = ciphertext.last(kGcmTagSize);
  const Context context = new_context();
  require_openssl(EVP_DecryptInit_ex2(context.get(), kCipher, key.data(), bytes_of(nonce), nullptr) == 1,
                  "EVP_DecryptInit_ex2");
  require_openssl(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                                      const_cast<unsigned char*>(tag.data())) == 1,
                  "EVP_CTRL_AEAD_SET_TAG");
  int written = 0;
  if (!associated_data.empty()) {
    require_openssl(EVP_DecryptUpdate(context.get(), nullptr, &written, bytes_of(associated_data),
                                      static_cast<int>(associated_data.size())) == 1,
                    "EVP_DecryptUpdate");
  }
  std::string plain(text.size() + kBlockSize, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(plain.data());
  written = 0;
  int last = 0;
  if ((!text.empty() &&
       EVP_DecryptUpdate(context.get(), out, &written, text.data(), static_cast<int>(text.size())) != 1) ||
      EVP_DecryptFinal_ex(context.get(), out + written, &last) != 1) {
    return not_decrypted();
  }
  plain.resize(static_cast<std::size_t>(written) + static_cast<std::size_t>(last));
  return plain;
}

std::string encrypt_aes_256_gcm(const Aes256Key& key, std::string_view nonce, std::string_view associated_data,
                                std::string_view text) {
  static const EVP_CIPHER* const kCipher = fetch_cipher("AES-256-GCM");
  require_openssl(nonce.size() == kGcmNonceSize && text.size() <= kLongestCiphertext &&
                      associated_data.size() <= kLongestCiphertext,
                  "AES-256-GCM: sizes");
  const Context context = new_context();
  require_openssl(EVP_EncryptInit_ex2(context.get(), kCipher, key.data(), bytes_of(nonce), nullptr) == 1,
                  "EVP_EncryptInit_ex2");
  int written = 0;
  const auto update = [&](unsigned char* out, std::string_view bytes) {
    if (bytes.empty()) return;
    require_openssl(
        EVP_EncryptUpdate(context.get(), out, &written, bytes_of(bytes), static_cast<int>(bytes.size())) == 1,
        "EVP_EncryptUpdate");
  };
  update(nullptr, associated_data);
  std::string sealed(text.size() + kGcmTagSize, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
  update(out, text);
  int last = 0;
  require_openssl(EVP_EncryptFinal_ex(context.get(), out + text.size(), &last) == 1 && last == 0,
                  "EVP_EncryptFinal_ex");
  require_openssl(
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kGcmTagSize), out + text.size()) == 1,
      "EVP_CTRL_AEAD_GET_TAG");
  return sealed;
}

}  // namespace yizhan::verify

#include "verify/digest.h"

#include "verify/digest_context.h"
#include "verify/hex.h"

namespace yizhan::verify {
namespace {

// Looked up once: OpenSSL 3 takes longer to find an algorithm by its name than to hash a notice.
const EVP_MD* fetch_digest(const char* name) {
  const EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  require_openssl(algorithm != nullptr, "EVP_MD_fetch");
  return algorithm;
}

template <std::size_t kSize>
std::array<unsigned char, kSize> digest(const EVP_MD* algorithm, std::span<const std::string_view> pieces) {
  const DigestContext context = new_digest_context();
  require_openssl(EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1, "EVP_DigestInit_ex2");
  for (const std::string_view piece : pieces) {
    require_openssl(EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1, "EVP_DigestUpdate");
  }
  std::array<unsigned char, kSize> bytes;
  unsigned written = 0;
  require_openssl(EVP_DigestFinal_ex(context.get(), bytes.data(), &written) == 1 && written == kSize,
                  "EVP_DigestFinal_ex");
  return bytes;
}

std::string hex_of(std::span<const unsigned char> bytes) {
  std::string text;
  append_hex(text, bytes);
  return text;
}

}  // namespace

std::array<unsigned char, kMd5Size> md5(std::span<const std::string_view> pieces) {
  static const EVP_MD* const kAlgorithm = fetch_digest("MD5");
  return digest<kMd5Size>(kAlgorithm, pieces);
}

std::array<unsigned char, kSha256Size> sha256(std::span<const std::string_view> pieces) {
  static const EVP_MD* const kAlgorithm = fetch_digest("SHA256");
  return digest<kSha256Size>(kAlgorithm, pieces);
}

std::string md5_hex(std::string_view text) {
  return hex_of(md5({&text, 1}));
}

std::string sha256_hex(std::string_view text) {
  return hex_of(sha256({&text, 1}));
}

}  // namespace yizhan::verify

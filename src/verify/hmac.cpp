#include "verify/hmac.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>
#include <utility>

#include "verify/constant_time.h"
#include "verify/openssl_check.h"

namespace yizhan::verify {
namespace {

const char* digest_name(HmacAlgorithm algorithm) {
  switch (algorithm) {
    case HmacAlgorithm::kSha1:
      return "SHA1";
    case HmacAlgorithm::kSha256:
      return "SHA256";
    case HmacAlgorithm::kSha512:
      return "SHA512";
  }
  return "SHA256";
}

}  // namespace

HmacKey::HmacKey(HmacAlgorithm algorithm, std::string_view key) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  require_openssl(mac != nullptr, "EVP_MAC_fetch");
  contexts_->keyed.reset(EVP_MAC_CTX_new(mac));
  EVP_MAC_free(mac);  // the context holds it
  require_openssl(contexts_->keyed != nullptr, "EVP_MAC_CTX_new");

  std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest_name(algorithm)), 0),
      OSSL_PARAM_construct_end()};
  require_openssl(EVP_MAC_init(contexts_->keyed.get(), bytes_of(key), key.size(), parameters.data()) == 1,
                  "EVP_MAC_init");
  size_ = EVP_MAC_CTX_get_mac_size(contexts_->keyed.get());
}

HmacKey::Context HmacKey::take() const {
  Context context(contexts_->spare.exchange(nullptr, std::memory_order_acquire));
  if (context == nullptr) {
    context.reset(EVP_MAC_CTX_dup(contexts_->keyed.get()));
    require_openssl(context != nullptr, "EVP_MAC_CTX_dup");
    return context;
  }
  require_openssl(EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1, "EVP_MAC_init");
  return context;
}

void HmacKey::give_back(Context context) const {
  EVP_MAC_CTX* none = nullptr;
  // Another thread's may be there already: then this one goes.
  if (contexts_->spare.compare_exchange_strong(none, context.get(), std::memory_order_release,
                                               std::memory_order_relaxed)) {
    static_cast<void>(context.release());
  }
}

void HmacKey::sign(TextPieces text, std::span<unsigned char> signature) const {
  Context context = take();
  for (const std::string_view piece : text) {
    require_openssl(EVP_MAC_update(context.get(), bytes_of(piece), piece.size()) == 1, "EVP_MAC_update");
  }
  std::size_t written = 0;
  require_openssl(EVP_MAC_final(context.get(), signature.data(), &written, signature.size()) == 1 && written == size_,
                  "EVP_MAC_final");
  give_back(std::move(context));
}

bool HmacKey::verifies(TextPieces text, std::span<const unsigned char> signature) const {
  std::array<unsigned char, kLargestSignature> expected;
  sign(text, expected);
  return equal_in_constant_time(std::span(expected).first(size_), signature);
}

}  // namespace yizhan::verify

// standard-webhooks: Standard Webhooks 1.0.0, symmetric signatures (`v1`).
//
// Headers and signed string: verify/standard_webhooks_headers.h. Each signature: `v1,` + base64 of
// HMAC-SHA256(key, signed string), the key being the 24 to 64 bytes whose base64 follows `whsec_` in the secret.
#include "verify/base64.h"
#include "verify/hmac.h"
#include "verify/standard_webhooks_headers.h"

namespace yizhan::verify {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kShortestKey = 24;
constexpr std::size_t kLongestKey = 64;

}  // namespace

Result<Scheme> describe_standard_webhooks(const SigningOptions& options) {
  auto scheme = describe_standard_webhooks_headers(options);
  if (!scheme) return scheme;
  scheme->prefix = "v1,";
  for (std::size_t position = 0; position < options.secrets.size(); ++position) {
    std::string_view secret = options.secrets[position];
    if (!secret.starts_with(kSecretPrefix)) {
      return bad_secret(position, "must begin with whsec_; `yizhan keys` makes one");
    }
    secret.remove_prefix(kSecretPrefix.size());
    const auto key = decode_base64(secret);
    if (!key) return bad_secret(position, "is not base64 (with its padding) after whsec_");
    if (key->size() < kShortestKey || key->size() > kLongestKey) {
      return bad_secret(position, "must be base64 of 24 to 64 bytes after whsec_");
    }
    scheme->keys.push_back(std::make_unique<HmacKey>(
        HmacAlgorithm::kSha256, std::string_view(reinterpret_cast<const char*>(key->data()), key->size())));
  }
  return scheme;
}

}  // namespace yizhan::verify

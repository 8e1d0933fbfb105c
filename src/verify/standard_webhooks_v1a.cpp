// standard-webhooks-v1a: Standard Webhooks 1.0.0, asymmetric signatures (`v1a`).
//
// Headers and signed string: verify/standard_webhooks_headers.h. Each signature: `v1a,` + base64 of the ed25519
// signature of the signed string. Keys: `whsk_` + base64 of the seed (32 bytes) or of seed and public key (64 bytes)
// signs; `whpk_` + base64 of the public key (32 bytes) verifies.
#include <algorithm>

#include "verify/base64.h"
#include "verify/ed25519.h"
#include "verify/standard_webhooks_headers.h"

namespace yizhan::verify {
namespace {

constexpr std::string_view kPrivatePrefix = "whsk_";
constexpr std::string_view kPublicPrefix = "whpk_";

Result<Ed25519Key> parse_private_key(std::size_t position, std::string_view text) {
  const auto bytes = decode_base64(text);
  if (!bytes || (bytes->size() != kEd25519KeySize && bytes->size() != 2 * kEd25519KeySize)) {
    return bad_secret(position, "must be base64 of 32 or 64 bytes after whsk_");
  }
  const std::span<const unsigned char> whole(*bytes);
  Ed25519Key key = Ed25519Key::from_seed(whole.first<kEd25519KeySize>());
  if (whole.size() > kEd25519KeySize && !std::ranges::equal(key.public_key(), whole.subspan(kEd25519KeySize))) {
    return bad_secret(position, "is damaged: its public half does not belong to its seed");
  }
  return key;
}

Result<Ed25519Key> parse_public_key(std::size_t position, std::string_view text) {
  const auto bytes = decode_base64(text);
  if (!bytes || bytes->size() != kEd25519KeySize) {
    return bad_secret(position, "must be base64 of 32 bytes after whpk_");
  }
  return Ed25519Key::from_public_key(std::span<const unsigned char>(*bytes).first<kEd25519KeySize>());
}

Result<Ed25519Key> parse_key(std::size_t position, std::string_view secret) {
  if (secret.starts_with(kPrivatePrefix)) return parse_private_key(position, secret.substr(kPrivatePrefix.size()));
  if (secret.starts_with(kPublicPrefix)) return parse_public_key(position, secret.substr(kPublicPrefix.size()));
  return bad_secret(position, "must begin with whsk_ (to sign) or whpk_ (to verify); `yizhan keys` makes a pair");
}

}  // namespace

Result<Scheme> describe_standard_webhooks_v1a(const SigningOptions& options) {
  auto scheme = describe_standard_webhooks_headers(options);
  if (!scheme) return scheme;
  scheme->prefix = "v1a,";
  for (std::size_t position = 0; position < options.secrets.size(); ++position) {
    auto key = parse_key(position, options.secrets[position]);
    if (!key) return std::unexpected(std::move(key.error()));
    scheme->keys.push_back(std::make_unique<Ed25519Key>(std::move(*key)));
  }
  return scheme;
}

}  // namespace yizhan::verify

// webhook-signature: as new-api signs its user notifications.
// Source: new-api, user notification webhook.
//
//   X-Webhook-Signature: lower-case hex of HMAC-SHA256(secret, raw body)
//
// Neither time nor id is signed: a receiver cannot tell a repeat by the signature. One signature: while a secret
// rotates the first signs, any of them verifies.
#include "verify/scheme.h"

namespace yizhan::verify {

Result<Scheme> describe_webhook_signature(const SigningOptions& options) {
  Scheme scheme;
  scheme.signature_header = options.signature_header.empty() ? "X-Webhook-Signature" : options.signature_header;
  scheme.signed_text = SignedText::parse("{body}").value();
  auto keys = hmac_keys_of_text(HmacAlgorithm::kSha256, options.secrets);
  if (!keys) return std::unexpected(std::move(keys.error()));
  scheme.keys = std::move(*keys);
  return scheme;
}

}  // namespace yizhan::verify

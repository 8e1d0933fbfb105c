// x-cs: what the customer-service backend and its platforms sub2api and newapi sign their calls with, in both
// directions. Source: the platform callback system's own description (header names, skew 300 s).
//
//   X-CS-Timestamp: Unix seconds of the attempt
//   X-CS-Signature: lower-case hex of HMAC-SHA256(secret, timestamp + "." + raw body)
//
// One signature: while a secret rotates the first signs, any of them verifies.
#include "verify/scheme.h"

namespace yizhan::verify {

Result<Scheme> describe_x_cs(const SigningOptions& options) {
  Scheme scheme;
  scheme.timestamp_header = options.timestamp_header.empty() ? "X-CS-Timestamp" : options.timestamp_header;
  scheme.signature_header = options.signature_header.empty() ? "X-CS-Signature" : options.signature_header;
  scheme.signed_text = SignedText::parse("{timestamp}.{body}").value();
  auto keys = hmac_keys_of_text(HmacAlgorithm::kSha256, options.secrets);
  if (!keys) return std::unexpected(std::move(keys.error()));
  scheme.keys = std::move(*keys);
  return scheme;
}

}  // namespace yizhan::verify

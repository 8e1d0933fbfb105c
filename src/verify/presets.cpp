#include "verify/presets.h"

#include <utility>

namespace yizhan::verify {

SigningOptions github_signing(std::vector<std::string> secrets) {
  return {.scheme = SigningScheme::kHmac,
          .secrets = std::move(secrets),
          .signature_header = "X-Hub-Signature-256",
          .prefix = "sha256="};
}

SigningOptions shopify_signing(std::vector<std::string> secrets) {
  return {.scheme = SigningScheme::kHmac,
          .secrets = std::move(secrets),
          .signature_header = "X-Shopify-Hmac-Sha256",
          .encoding = HmacEncoding::kBase64};
}

SigningOptions slack_signing(std::vector<std::string> secrets) {
  return {.scheme = SigningScheme::kHmac,
          .secrets = std::move(secrets),
          .signature_header = "X-Slack-Signature",
          .timestamp_header = "X-Slack-Request-Timestamp",
          .prefix = "v0=",
          .signed_text = "v0:{timestamp}:{body}"};
}

SigningOptions sub2api_signing(std::vector<std::string> secrets) {
  return {.scheme = SigningScheme::kXCs,
          .secrets = std::move(secrets),
          .signature_header = "X-Sub2Api-Signature",
          .timestamp_header = "X-Sub2Api-Timestamp"};
}

SigningOptions newapi_signing(std::vector<std::string> secrets) {
  return {.scheme = SigningScheme::kWebhookSignature, .secrets = std::move(secrets)};
}

SigningOptions express_status_signing(std::vector<std::string> secrets) {
  return {.scheme = SigningScheme::kHmac, .secrets = std::move(secrets), .signature_header = "X-Signature"};
}

}  // namespace yizhan::verify

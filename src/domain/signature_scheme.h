// The ways in which a callback can be signed, by name. What each one signs stands at the top of its file in verify/.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace yizhan {

enum class SignatureScheme {
  kNone,              ///< not signed
  kXCs,               ///< X-CS-Timestamp, X-CS-Signature: verify/x_cs.cpp
  kStandardV1,        ///< Standard Webhooks with HMAC-SHA256: verify/standard_webhooks_v1.cpp
  kStandardV1a,       ///< Standard Webhooks with ed25519: verify/standard_webhooks_v1a.cpp
  kWebhookSignature,  ///< X-Webhook-Signature over the body alone, as new-api: verify/webhook_signature.cpp
  kHmac,              ///< an HMAC of the operator's description: verify/configured_hmac.cpp
};

struct SignatureSchemeName {
  SignatureScheme scheme;
  std::string_view name;  ///< as the configuration and the command line spell it
};
inline constexpr std::array kSignatureSchemeNames{
    SignatureSchemeName{SignatureScheme::kNone, "none"},
    SignatureSchemeName{SignatureScheme::kXCs, "x-cs"},
    SignatureSchemeName{SignatureScheme::kStandardV1, "v1"},
    SignatureSchemeName{SignatureScheme::kStandardV1a, "v1a"},
    SignatureSchemeName{SignatureScheme::kWebhookSignature, "webhook-signature"},
    SignatureSchemeName{SignatureScheme::kHmac, "hmac"},
};

constexpr std::string_view to_string(SignatureScheme scheme) {
  for (const SignatureSchemeName& known : kSignatureSchemeNames) {
    if (known.scheme == scheme) return known.name;
  }
  return "";
}

constexpr std::optional<SignatureScheme> parse_signature_scheme(std::string_view name) {
  for (const SignatureSchemeName& known : kSignatureSchemeNames) {
    if (known.name == name) return known.scheme;
  }
  return std::nullopt;
}

}  // namespace yizhan

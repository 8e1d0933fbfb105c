// The ways in which a callback can be signed, by name. What each one signs stands at the top of its file in verify/.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace yizhan {

enum class SigningScheme {
  kNone,                 ///< not signed
  kXCs,                  ///< X-CS-Timestamp, X-CS-Signature: verify/x_cs.cpp
  kStandardWebhooks,     ///< Standard Webhooks `v1,…`, HMAC-SHA256: verify/standard_webhooks.cpp
  kStandardWebhooksV1a,  ///< Standard Webhooks `v1a,…`, ed25519: verify/standard_webhooks_v1a.cpp
  kWebhookSignature,     ///< X-Webhook-Signature over the body alone, as new-api: verify/webhook_signature.cpp
  kHmac,                 ///< an HMAC of the operator's description: verify/configured_hmac.cpp
};

struct SigningSchemeName {
  SigningScheme scheme;
  std::string_view name;  ///< as the configuration and the command line spell it
};
inline constexpr std::array kSigningSchemeNames{
    SigningSchemeName{SigningScheme::kNone, "none"},
    SigningSchemeName{SigningScheme::kXCs, "x-cs"},
    SigningSchemeName{SigningScheme::kStandardWebhooks, "standard-webhooks"},
    SigningSchemeName{SigningScheme::kStandardWebhooksV1a, "standard-webhooks-v1a"},
    SigningSchemeName{SigningScheme::kWebhookSignature, "webhook-signature"},
    SigningSchemeName{SigningScheme::kHmac, "hmac"},
};

constexpr std::string_view to_string(SigningScheme scheme) {
  for (const SigningSchemeName& known : kSigningSchemeNames) {
    if (known.scheme == scheme) return known.name;
  }
  return "";
}

constexpr std::optional<SigningScheme> parse_signing_scheme(std::string_view name) {
  for (const SigningSchemeName& known : kSigningSchemeNames) {
    if (known.name == name) return known.scheme;
  }
  return std::nullopt;
}

// For SigningScheme::kHmac.
enum class HmacEncoding { kHex, kBase64 };  ///< hexadecimal is lower-case
enum class HmacAlgorithm { kSha1, kSha256, kSha512 };

}  // namespace yizhan

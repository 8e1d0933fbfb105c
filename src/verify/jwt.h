// JSON Web Tokens signed with HS256, as Supabase's anon and service_role keys are.
//
//   token = header "." claims "." signature          each base64url without padding
//   signature = HMAC-SHA256(secret, header "." claims), both parts as they stand in the token
//
// The secret is used as the bytes it is written in, as GoTrue and PostgREST do. HS256 is the only algorithm: `none` and
// all others are refused before a signature is looked at, so that no token chooses how it is checked.
//
// Sources: RFC 7515 (sections 3, 4.1.11, 5.2, appendix A.1), RFC 7519 (section 4.1), RFC 8725 (section 3.1); Supabase,
// "API keys" (the claim role).
//
// Errors (code): `token_malformed`, `token_algorithm_refused`, `token_signature_mismatch`, `token_expired`,
// `token_not_yet_valid`. None quotes anything of the token but its times and its algorithm.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "verify/hmac.h"

namespace yizhan::verify {

inline constexpr std::size_t kLongestToken = 8192;
/// How far clocks may be apart; what PostgREST allows.
inline constexpr Seconds kTokenLeeway{30};

struct JwtClaims {
  std::string role{};                   ///< `anon`, `service_role`, …; empty where there is none
  std::string issuer{};                 ///< iss
  std::string subject{};                ///< sub
  std::vector<std::string> audience{};  ///< aud; written as a string when it is one
  std::optional<UtcTime> issued_at{};   ///< iat; written in whole seconds, as are the next two
  std::optional<UtcTime> not_before{};  ///< nbf
  std::optional<UtcTime> expires_at{};  ///< exp
};

/// A token taken apart. That says nothing about who made it: JwtKey::verify() does.
struct Jwt {
  std::string algorithm;
  JwtClaims claims;
  std::string claims_json;  ///< as they were signed, with all that JwtClaims does not know
  std::string signed_text;
  std::vector<unsigned char> signature;
};
Result<Jwt> read_jwt(std::string_view token);

/// Whether the claims hold at this time.
Result<void> check_times(const JwtClaims& claims, UtcTime now, Seconds leeway = kTokenLeeway);

/// A secret that tokens are signed with. Immutable; may be used from several threads at once.
class JwtKey {
 public:
  /// `secret`: not empty.
  explicit JwtKey(std::string_view secret) : key_(HmacAlgorithm::kSha256, secret) {}

  /// In constant time. Does not look at the times, nor at the algorithm that the token names.
  bool has_signed(const Jwt& token) const;
  /// Algorithm, signature, times, in this order.
  Result<JwtClaims> verify(std::string_view token, UtcTime now, Seconds leeway = kTokenLeeway) const;

  std::string issue(const JwtClaims& claims) const;

 private:
  HmacKey key_;
};

}  // namespace yizhan::verify

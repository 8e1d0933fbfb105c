// Who may use the push server.
//
//   registering              `anon` or `service_role` token, or a key with push:register
//   devices, sending, …      `service_role` token, or a key with push:read or push:write
//
// A token is an HS256 JSON Web Token of the configured secret (verify/jwt.h), sent as `apikey` or as
// `Authorization: Bearer`, as clients of Supabase do; an API key (api/keys.h) likewise. Of two credentials the better
// one counts: such clients send the anon key beside the token of whoever is signed in.
//
// Without a secret and without keys a listener on loopback is open, under the rules of api/access.h. What carries a
// credential is served whatever page it comes from: no page can make a browser send one that it does not know.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "api/access.h"
#include "verify/jwt.h"

namespace yizhan::api {

class PushAccess {
 public:
  /// `jwt_secret` may be empty: tokens are not accepted then.
  PushAccess(std::shared_ptr<const Access> keys, std::string_view jwt_secret);

  /// Codes of Access and of verify/jwt.h, `token_not_accepted` (no secret is configured), `token_role_insufficient`.
  Result<void> decide(const http::ServerRequest& request, Scope scope, UtcTime now) const;

 private:
  Result<void> decide_credential(std::string_view credential, Scope scope, UtcTime now) const;

  std::shared_ptr<const Access> keys_;
  std::optional<verify::JwtKey> tokens_;
};

/// Code `credentials_required`: other machines reach this address, and there is neither a JWT secret nor a valid key.
Result<void> check_push_listener(const http::ListenAddress& address, bool has_jwt_secret,
                                 const std::vector<store::ApiKey>& keys);

}  // namespace yizhan::api

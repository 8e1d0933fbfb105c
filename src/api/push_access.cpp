#include "api/push_access.h"

#include <fmt/format.h>

#include <array>

#include "api/problem.h"

namespace yizhan::api {
namespace {

constexpr std::string_view kAnonRole = "anon";
constexpr std::string_view kServiceRole = "service_role";

}  // namespace

PushAccess::PushAccess(std::shared_ptr<const Access> keys, std::string_view jwt_secret) : keys_(std::move(keys)) {
  if (!jwt_secret.empty()) tokens_.emplace(jwt_secret);
}

Result<void> PushAccess::decide(const http::ServerRequest& request, Scope scope, UtcTime now) const {
  if (keys_->open() && !tokens_) return keys_->decide_open(request);

  std::optional<Error> refusal;
  for (const std::string_view credential : {bearer_credential(request), request.header("apikey")}) {
    if (credential.empty()) continue;
    auto allowed = decide_credential(credential, scope, now);
    if (allowed) return {};
    // One that is good but not good enough says more than one that is not good.
    if (!refusal || problem_of(allowed.error().code).status == 403) refusal = std::move(allowed.error());
  }
  if (refusal) return std::unexpected(std::move(*refusal));
  return fail("credentials_missing", "send a token or an API key as 'apikey' or as 'Authorization: Bearer'");
}

Result<void> PushAccess::decide_credential(std::string_view credential, Scope scope, UtcTime now) const {
  if (const auto key = parse_api_key(credential)) return keys_->decide_key(*key, scope);
  if (!tokens_) {
    return fail("token_not_accepted",
                "this service has no JWT secret, so it takes API keys only ('yz_<12 digits>_<64 digits>')");
  }
  const auto claims = tokens_->verify(credential, now);
  if (!claims) return std::unexpected(claims.error());
  if (claims->role == kServiceRole) return {};
  if (claims->role == kAnonRole && scope == Scope::kPushRegister) return {};
  return fail("token_role_insufficient",
              fmt::format("the token's role is '{}'; {}", claims->role.substr(0, 64),
                          scope == Scope::kPushRegister ? "anon or service_role may register devices"
                                                        : "this needs service_role"));
}

Result<void> check_push_listener(const http::ListenAddress& address, bool has_jwt_secret,
                                 const std::vector<store::ApiKey>& keys) {
  if (has_jwt_secret || check_listener(address, keys)) return {};
  return fail(
      "credentials_required",
      fmt::format("other machines can reach {}, and there is neither a JWT secret (push.jwt_secret, JWT_SECRET) "
                  "nor an API key: set the secret, create a key with `yizhan keys create phones --scopes "
                  "push:register`, or listen on 127.0.0.1:{}",
                  address.to_string(), address.port));
}

}  // namespace yizhan::api

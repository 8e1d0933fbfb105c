#include "doctor/key_check.h"

#include <fmt/format.h>

#include "base/readable.h"
#include "domain/expiry.h"
#include "verify/jwt.h"

namespace yizhan::doctor {
namespace {

constexpr std::string_view kSubject = "notify.supa_key";
constexpr std::string_view kRenew =
    "yizhan keys generate --secret-file FILE, then set SUPA_KEY to its service_role key";

Finding of_key(const Symptom& what, std::string evidence, std::string mend = std::string(kRenew)) {
  return found(what, std::string(kSubject), std::move(evidence), std::move(mend));
}

void judge_claims(const config::Config& config, const verify::JwtClaims& claims, UtcTime now,
                  std::vector<Finding>& findings) {
  if (claims.expires_at) {
    const Expiry expiry = judge_expiry(*claims.expires_at, kKeyNotice, now);
    const std::string evidence = fmt::format("Its exp is {} UTC, {}.", readable_time(*claims.expires_at),
                                             relative_time(*claims.expires_at, now));
    if (expiry.over) {
      findings.push_back(of_key(symptom("supa_key_expired"), evidence));
    } else if (expiry.near) {
      findings.push_back(of_key(symptom("supa_key_expires_soon"), evidence));
    }
  }
  if (config.notify.supa_use_bearer && claims.role != "service_role") {
    findings.push_back(of_key(
        symptom("supa_key_role_insufficient"),
        fmt::format("It is sent as bearer, and its role is '{}' (iss '{}'): row-level security hides rows from it.",
                    claims.role, claims.issuer)));
  }
}

}  // namespace

std::vector<Finding> judge_keys(const config::Config& config, UtcTime now) {
  std::vector<Finding> findings;
  const std::string& secret = config.push.jwt_secret;
  if (!secret.empty() && secret.size() < kShortestJwtSecret) {
    findings.push_back(found(symptom("jwt_secret_short"), "push.jwt_secret",
                             fmt::format("It has {} bytes; HS256 asks for {}.", secret.size(), kShortestJwtSecret),
                             "make a longer one, give it to GoTrue and PostgREST too, and sign new keys: 'yizhan keys "
                             "generate'"));
  }
  // Keys that are no tokens (Supabase's `sb_secret_…`) say nothing of themselves.
  const std::string& key = config.notify.supa_key;
  if (config.notify.supa_url.empty() || key.empty() || key.starts_with("sb_")) return findings;
  const auto token = verify::read_jwt(key);
  if (!token) {
    if (config.notify.supa_use_bearer) findings.push_back(of_key(symptom("supa_key_malformed"), token.error().message));
    return findings;
  }
  if (!secret.empty() && !verify::JwtKey(secret).has_signed(*token)) {
    findings.push_back(of_key(symptom("supa_key_mismatch"),
                              fmt::format("push.jwt_secret has not signed it (iss '{}', role '{}'): PostgREST answers "
                                          "PGRST301 if that is its secret too.",
                                          token->claims.issuer, token->claims.role),
                              "'yizhan keys verify KEY --secret-file FILE' says which secret fits; 'yizhan keys "
                              "generate' makes a pair that does; restart PostgREST and the gateway after a change"));
  }
  judge_claims(config, token->claims, now, findings);
  return findings;
}

void check_keys(const Installation& installation, Notes& notes) {
  notes.add(judge_keys(installation.config, installation.now));
}

}  // namespace yizhan::doctor

#include "doctor/key_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "findings.h"
#include "verify/jwt.h"

namespace yizhan::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const UtcTime kNow = *parse_time("2026-01-05T08:00:00Z");
const std::string kSecret = "a-secret-of-more-than-thirty-two-bytes";

config::Config with_key(const verify::JwtClaims& claims, const std::string& signed_with = kSecret) {
  config::Config config;
  config.push.jwt_secret = kSecret;
  config.notify.supa_url = "https://supa.example";
  config.notify.supa_key = verify::JwtKey(signed_with).issue(claims);
  config.notify.supa_use_bearer = true;
  return config;
}

verify::JwtClaims claims_until(UtcTime expires_at, std::string role = "service_role") {
  return {.role = std::move(role), .issuer = "supabase-1", .expires_at = expires_at};
}

TEST(KeyCheck, NothingToSayOfAKeyThatFits) {
  EXPECT_THAT(judge_keys(with_key(claims_until(kNow + std::chrono::days{365})), kNow), IsEmpty());
  EXPECT_THAT(judge_keys(with_key({.role = "service_role"}), kNow), IsEmpty()) << "it never expires";
  EXPECT_THAT(judge_keys(config::Config(), kNow), IsEmpty());
}

TEST(KeyCheck, SignedWithAnotherSecret) {
  const auto config = with_key(claims_until(kNow + std::chrono::days{365}), "another-secret-of-more-than-thirty-two-b");
  const auto findings = judge_keys(config, kNow);
  ASSERT_THAT(codes_of(findings), ElementsAre("supa_key_mismatch"));
  EXPECT_THAT(findings[0].evidence, HasSubstr("iss 'supabase-1', role 'service_role'"));
  for (const Finding& finding : findings) {
    EXPECT_THAT(finding.evidence, Not(HasSubstr(config.notify.supa_key)));
    EXPECT_THAT(finding.evidence, Not(HasSubstr(kSecret)));
  }
}

TEST(KeyCheck, ItsEnd) {
  EXPECT_THAT(codes_of(judge_keys(with_key(claims_until(kNow)), kNow)), ElementsAre("supa_key_expired"));
  EXPECT_THAT(codes_of(judge_keys(with_key(claims_until(kNow + kKeyNotice)), kNow)),
              ElementsAre("supa_key_expires_soon"));
  EXPECT_THAT(judge_keys(with_key(claims_until(kNow + kKeyNotice + Seconds{1})), kNow), IsEmpty());
}

TEST(KeyCheck, ItsRole) {
  auto config = with_key(claims_until(kNow + std::chrono::days{365}, "anon"));
  EXPECT_THAT(codes_of(judge_keys(config, kNow)), ElementsAre("supa_key_role_insufficient"));
  config.notify.supa_use_bearer = false;
  EXPECT_THAT(judge_keys(config, kNow), IsEmpty()) << "as apikey its role does not count";
}

TEST(KeyCheck, NoTokenAtAll) {
  config::Config config = with_key({});
  config.notify.supa_key = "no token";
  EXPECT_THAT(codes_of(judge_keys(config, kNow)), ElementsAre("supa_key_malformed"));
  config.notify.supa_key = "sb_secret_0123456789";
  EXPECT_THAT(judge_keys(config, kNow), IsEmpty());
}

TEST(KeyCheck, AShortSecret) {
  config::Config config;
  config.push.jwt_secret = std::string(31, 's');
  EXPECT_THAT(codes_of(judge_keys(config, kNow)), ElementsAre("jwt_secret_short"));
}

}  // namespace
}  // namespace yizhan::doctor

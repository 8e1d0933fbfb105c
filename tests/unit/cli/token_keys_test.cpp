// Role tokens: made and checked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command_runner.h"
#include "verify/jwt.h"

namespace yizhan::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kSecret = "super-secret-jwt-token-with-at-least-32-characters";

std::string line_after(const std::string& text, const std::string& name) {
  const auto begin = text.find(name) + name.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

TEST(TokenKeys, APairIsMadeAndVerified) {
  CommandRunner commands;
  commands.environment["JWT_SECRET"] = kSecret;
  commands.environment["SUPA_JWT_ISSUER"] = "supabase-1";
  const std::string out = commands.output_of({"keys", "generate", "--years", "2", "--aud", "authenticated"});
  const std::string anon = line_after(out, "ANON_KEY=");
  const std::string service = line_after(out, "SERVICE_ROLE_KEY=");
  const verify::JwtKey key(kSecret);
  const auto claims = key.verify(service, utc_now());
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->role, "service_role");
  EXPECT_EQ(claims->issuer, "supabase-1");
  EXPECT_THAT(claims->audience, ElementsAre("authenticated"));
  EXPECT_NEAR(static_cast<double>((*claims->expires_at - *claims->issued_at).count()) / 1e6 / 86400, 730.5, 1);
  EXPECT_EQ(key.verify(anon, utc_now())->role, "anon");

  const std::string good = commands.output_of({"keys", "verify", service});
  EXPECT_THAT(good, AllOf(StartsWith("Signature VALID\n"), HasSubstr("service_role"), HasSubstr("supabase-1")));
  EXPECT_THAT(commands.output_of({"keys", "verify", "-"}, anon + "\n"), HasSubstr("anon"));
  EXPECT_THAT(commands.output_of({"keys", "verify", anon, "--json"}),
              AllOf(HasSubstr(R"("signature":"VALID","usable":true,"reason":null)"), HasSubstr(R"("role":"anon")")));
  EXPECT_THAT(commands.output_of({"keys", "generate", "--json"}), StartsWith(R"({"anon_key":"ey)"));
}

TEST(TokenKeys, WhyATokenCannotBeUsedIsTold) {
  CommandRunner commands;
  commands.environment["JWT_SECRET"] = kSecret;
  const UtcTime now = utc_now();
  const auto verified = [&](const std::string& token) {
    const CommandOutcome outcome = commands.run({"keys", "verify", token});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.out, Not(HasSubstr("super-secret")));
    return outcome.out;
  };
  const std::string others = verify::JwtKey("another").issue({.role = "service_role"});
  EXPECT_THAT(verified(others), AllOf(StartsWith("Signature INVALID\n"), HasSubstr("service_role"),
                                      HasSubstr("[token_signature_mismatch]")));
  const std::string old = verify::JwtKey(kSecret).issue({.role = "anon", .expires_at = now - Seconds(3600)});
  EXPECT_THAT(verified(old),
              AllOf(StartsWith("Signature VALID\n"), HasSubstr("[token_expired]"), HasSubstr("1 h ago")));
  EXPECT_THAT(verified("not-a-token"), AllOf(StartsWith("Signature INVALID\n"), HasSubstr("[token_malformed]")));
}

TEST(TokenKeys, TheSecretComesFromAFileOrTheEnvironmentOrTheConfiguration) {
  CommandRunner commands;
  const auto file = commands.write_file("secret", std::string(kSecret) + "\n");
  const std::string token = verify::JwtKey(kSecret).issue({.role = "anon"});
  EXPECT_EQ(commands.run({"keys", "verify", token, "--secret-file", file.string()}).status, 0);
  EXPECT_EQ(commands.run({"keys", "verify", token, "--set", std::string("push.jwt_secret=") + kSecret}).status, 0);
  const CommandOutcome none = commands.run({"keys", "verify", token});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("[secret_invalid]"));
  EXPECT_EQ(commands.run({"keys", "verify", token, "--secret-file", "/nowhere"}).status, 2);
  const auto shorter = commands.write_file("short", std::string(31, 'x'));
  const CommandOutcome weak = commands.run({"keys", "generate", "--secret-file", shorter.string()});
  EXPECT_EQ(weak.status, 2);
  EXPECT_THAT(weak.err, HasSubstr("at least 32"));
}

}  // namespace
}  // namespace yizhan::cli

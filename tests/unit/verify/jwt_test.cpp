// Tokens of RFC 7515 and of ours, whole, tampered with, and of algorithms that nobody may choose.
#include "verify/jwt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>

#include "verify/base64.h"

namespace yizhan::verify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string part(std::string_view text) {
  std::string out;
  append_base64url(out, {reinterpret_cast<const unsigned char*>(text.data()), text.size()});
  return out;
}

UtcTime at(std::string_view text) {
  return parse_time(text).value();
}

/// A token with any header and claims, signed as HS256 is.
std::string signed_with(std::string_view secret, std::string_view header, std::string_view claims) {
  std::string token = part(header) + '.' + part(claims);
  const std::array<std::string_view, 1> text{token};
  std::array<unsigned char, 32> signature{};
  HmacKey(HmacAlgorithm::kSha256, secret).sign(text, signature);
  token += '.';
  append_base64url(token, signature);
  return token;
}

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view kSecret = "super-secret-jwt-token-with-at-least-32-characters";

std::string_view code_of(const Result<JwtClaims>& verified) {
  return verified ? "verified" : verified.error().code;
}

// RFC 7515, appendix A.1.
constexpr std::string_view kRfcToken =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
std::string rfc_secret() {
  const auto bytes =
      decode_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  return {bytes->begin(), bytes->end()};
}

TEST(Jwt, TheTokenOfTheRfcIsVerified) {
  const auto claims = JwtKey(rfc_secret()).verify(kRfcToken, at("2011-03-22T18:00:00Z"));
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->issuer, "joe");
  EXPECT_EQ(claims->expires_at, at("2011-03-22T18:43:00Z"));
  EXPECT_EQ(claims->role, "");
  EXPECT_THAT(read_jwt(kRfcToken)->claims_json, HasSubstr(R"("http://example.com/is_root":true)"));
}

TEST(Jwt, ItExpiresWithTheLeewayAndNotBefore) {
  const JwtKey key(rfc_secret());
  EXPECT_EQ(code_of(key.verify(kRfcToken, at("2011-03-22T18:43:29.999999Z"))), "verified");
  EXPECT_EQ(code_of(key.verify(kRfcToken, at("2011-03-22T18:43:30Z"))), "token_expired");
  EXPECT_EQ(code_of(key.verify(kRfcToken, at("2011-03-22T18:43:00Z"), Seconds{0})), "token_expired");
  EXPECT_THAT(key.verify(kRfcToken, at("2026-02-06T00:00:00Z")).error().message, HasSubstr("2011-03-22T18:43:00"));
}

TEST(Jwt, NotBeforeIsKept) {
  const JwtKey key(kSecret);
  const std::string token = signed_with(kSecret, kHeader, R"({"role":"anon","nbf":1770000000})");
  EXPECT_EQ(code_of(key.verify(token, UtcTime{Seconds{1770000000 - 31}})), "token_not_yet_valid");
  EXPECT_EQ(code_of(key.verify(token, UtcTime{Seconds{1770000000 - 30}})), "verified");
}

TEST(Jwt, AnyOtherByteIsNoticed) {
  const JwtKey key(kSecret);
  const UtcTime now = at("2026-02-06T08:30:00Z");
  const std::string token = key.issue({.role = "anon", .issuer = "supabase", .issued_at = now});
  ASSERT_EQ(code_of(key.verify(token, now)), "verified");
  EXPECT_TRUE(rc::check("a token with one character changed is refused", [&] {
    std::string tampered = token;
    char& changed = tampered[*rc::gen::inRange<std::size_t>(0, tampered.size())];
    changed = *rc::gen::distinctFrom(rc::gen::elementOf(std::string("ABCXYZabcxyz0189-_.=+/ ")), changed);
    const auto verified = key.verify(tampered, now);
    RC_ASSERT(!verified);
    RC_ASSERT(verified.error().code == "token_signature_mismatch" || verified.error().code == "token_malformed" ||
              verified.error().code == "token_algorithm_refused");
  }));
  EXPECT_EQ(code_of(JwtKey("another secret").verify(token, now)), "token_signature_mismatch");
}

TEST(Jwt, NoTokenChoosesHowItIsChecked) {
  const JwtKey key(kSecret);
  const UtcTime now = at("2026-02-06T08:30:00Z");
  const std::string claims = R"({"role":"service_role"})";
  EXPECT_EQ(code_of(key.verify(part(R"({"alg":"none"})") + '.' + part(claims) + '.', now)), "token_algorithm_refused");
  for (const std::string_view algorithm : {"none", "None", "hs256", "HS512", "RS256", "ES256", "HS256 "}) {
    const std::string token = signed_with(kSecret, R"({"alg":")" + std::string(algorithm) + R"("})", claims);
    EXPECT_EQ(code_of(key.verify(token, now)), "token_algorithm_refused") << algorithm;
  }
  EXPECT_EQ(code_of(key.verify(signed_with(kSecret, R"({"alg":"HS256","crit":["b64"],"b64":false})", claims), now)),
            "token_malformed");
}

TEST(Jwt, WhatIsNoTokenIsMalformed) {
  const JwtKey key(kSecret);
  const UtcTime now = at("2026-02-06T08:30:00Z");
  const std::string good = signed_with(kSecret, kHeader, "{}");
  ASSERT_EQ(code_of(key.verify(good, now)), "verified");
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("a.b"), good + ".x", good + "=", ' ' + good,
        signed_with(kSecret, "[]", "{}"), signed_with(kSecret, "{}", "{}"),
        signed_with(kSecret, R"({"alg":256})", "{}"), signed_with(kSecret, kHeader, "null"),
        signed_with(kSecret, kHeader, R"({"role":1})"), signed_with(kSecret, kHeader, R"({"exp":"1770000000"})"),
        signed_with(kSecret, kHeader, R"({"exp":1e300})"), signed_with(kSecret, kHeader, R"({"exp":null})"),
        signed_with(kSecret, kHeader, R"({"aud":[1]})"),
        signed_with(kSecret, kHeader, R"({"role":"anon","role":"service_role"})"),
        signed_with(kSecret, kHeader, R"({"x":")" + std::string(kLongestToken, 'x') + "\"}")}) {
    EXPECT_EQ(code_of(key.verify(token, now)), "token_malformed") << token.substr(0, 80);
  }
}

TEST(Jwt, DatesMayHaveAFraction) {
  const JwtKey key(kSecret);
  const std::string token = signed_with(kSecret, kHeader, R"({"exp":1770000000.5,"iat":1.7e9})");
  const auto claims = key.verify(token, UtcTime{Seconds{1769999999}});
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->expires_at, UtcTime{Seconds{1770000000}});
  EXPECT_EQ(claims->issued_at, UtcTime{Seconds{1700000000}});
}

TEST(Jwt, WhatIsIssuedIsReadBack) {
  const JwtKey key(kSecret);
  const UtcTime now = at("2026-02-06T08:30:00Z");
  const JwtClaims made{.role = "service_role",
                       .issuer = "supabase-1",
                       .subject = "\"驿站\"",
                       .audience = {"authenticated", "other"},
                       .issued_at = now,
                       .not_before = now,
                       .expires_at = now + std::chrono::years{5}};
  const auto read = key.verify(key.issue(made), now);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->role, made.role);
  EXPECT_EQ(read->issuer, made.issuer);
  EXPECT_EQ(read->subject, made.subject);
  EXPECT_THAT(read->audience, ElementsAre("authenticated", "other"));
  EXPECT_EQ(read->issued_at, made.issued_at);
  EXPECT_EQ(read->not_before, made.not_before);
  EXPECT_EQ(to_unix_seconds(*read->expires_at), to_unix_seconds(*made.expires_at));
  EXPECT_EQ(read_jwt(key.issue({.role = "anon", .audience = {"authenticated"}}))->claims_json,
            R"({"role":"anon","aud":"authenticated"})");
}

TEST(Jwt, MessagesQuoteNothingOfTheToken) {
  const JwtKey key(kSecret);
  const std::string token = signed_with("canary-secret", kHeader, R"({"role":"canary"})");
  EXPECT_THAT(key.verify(token, utc_now()).error().message, Not(HasSubstr("canary")));
  EXPECT_THAT(key.verify(token + '!', utc_now()).error().message, Not(HasSubstr(token.substr(0, 16))));
}

TEST(Base64Url, HasItsOwnAlphabetAndNoPadding) {
  for (const auto& [bytes, text] :
       {std::pair{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"\xff\xef\xfe", "_-_-"}}) {
    EXPECT_EQ(part(bytes), text);
    const auto decoded = decode_base64url(text);
    ASSERT_TRUE(decoded) << text;
    EXPECT_EQ(std::string(decoded->begin(), decoded->end()), bytes);
  }
  for (const char* wrong : {"Zg==", "Zh", "Z", "/+/+", "Zg\n", "Zm9v "}) EXPECT_FALSE(decode_base64url(wrong)) << wrong;
}

}  // namespace
}  // namespace yizhan::verify

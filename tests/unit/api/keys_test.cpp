#include "api/keys.h"

#include <gtest/gtest.h>

#include "verify/constant_time.h"

namespace yizhan::api {
namespace {

TEST(ApiKeys, AreMadeOnceAndNeverStored) {
  Scopes scopes;
  scopes.add(Scope::kEventsWrite);
  const UtcTime now = from_unix_micros(1'700'000'000'000'000);
  const NewApiKey made = make_api_key("billing", scopes, now);
  EXPECT_EQ(made.text.size(), 3U + 12U + 1U + 64U);
  const auto presented = parse_api_key(made.text);
  ASSERT_TRUE(presented);
  EXPECT_EQ(presented->id, made.record.id);
  EXPECT_EQ(made.record.name, "billing");
  EXPECT_EQ(made.record.scopes, "events:write");
  EXPECT_EQ(made.record.created_at, now);
  EXPECT_FALSE(made.record.revoked_at);
  const auto stored = parse_secret_hash(made.record.hash);
  ASSERT_TRUE(stored);
  EXPECT_TRUE(verify::equal_in_constant_time(hash_secret(presented->secret), *stored));
  EXPECT_EQ(made.record.hash.find(presented->secret), std::string::npos);
  EXPECT_NE(make_api_key("billing", scopes, now).text, made.text);
}

TEST(ApiKeys, AreHashedAsTheDocumentationSays) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(hash_secret("abc"), *parse_secret_hash("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_FALSE(parse_secret_hash("ba78"));
  EXPECT_FALSE(parse_secret_hash(std::string(64, 'x')));
}

TEST(ApiKeys, OnlyTheirExactFormIsRead) {
  const std::string id(12, 'a'), secret(64, '0');
  EXPECT_TRUE(parse_api_key("yz_" + id + "_" + secret));
  for (const std::string& bad : {"yz_" + id + "_" + secret + "0", "yz_" + id + secret + "_", "YZ_" + id + "_" + secret,
                                 "yz_" + std::string(12, 'A') + "_" + secret, "yz_" + id + "_" + std::string(64, 'g'),
                                 "yz_" + id + "_" + std::string(63, '0'), std::string()}) {
    EXPECT_FALSE(parse_api_key(bad)) << bad;
  }
}

TEST(ApiKeys, ScopesAreNamed) {
  const auto text_of = [](std::string_view names) {
    const auto scopes = parse_scopes(names);
    return scopes ? scopes->to_text() : std::string(scopes.error().code);
  };
  EXPECT_EQ(text_of("events:read,events:write"), "events:write events:read");
  EXPECT_EQ(text_of(" admin "), "admin");
  EXPECT_EQ(text_of("events:delete"), "scope_unknown");
  EXPECT_EQ(text_of(""), "scope_unknown");
  EXPECT_TRUE(parse_scopes("admin")->has(Scope::kEventsRead));
  EXPECT_FALSE(parse_scopes("events:write")->has(Scope::kEventsRead));
  EXPECT_FALSE(parse_scopes("events:write events:read")->has(Scope::kAdmin));
}

}  // namespace
}  // namespace yizhan::api

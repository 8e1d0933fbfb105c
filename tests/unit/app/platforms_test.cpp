// Configured platforms as the dispatcher gets them: which secret signs, with every scheme.
#include "app/platforms.h"

#include <gtest/gtest.h>

#include "verify/header_text.h"
#include "verify/secret_maker.h"

namespace yizhan::app {
namespace {

config::Config config_of(SigningScheme scheme, std::vector<std::string> secrets) {
  config::Platform platform;
  platform.name = "crm";
  platform.base_url = "https://crm.example";
  platform.signing.scheme = scheme;
  platform.signing.secrets = std::move(secrets);
  platform.event_id_header = "X-Yizhan-Event-Id";
  config::Config config;
  config.platforms.push_back(std::move(platform));
  return config;
}

std::string secret_of(SigningScheme scheme) {
  return scheme == SigningScheme::kStandardWebhooksV1a ? verify::make_signing_key_pair().private_key
                                                       : verify::make_hmac_secret();
}

/// Whether a receiver that knows this secret alone takes what the signer makes.
bool takes(const config::Config& config, const std::string& secret, const verify::Signer& signer) {
  constexpr std::int64_t kNow = 1'767'600'000;
  std::string lines;
  signer.append_header_lines(lines, {.id = "e1", .timestamp_seconds = kNow, .body = "{}"});
  const auto find = [&](std::string_view name) -> std::string_view {
    for (std::string_view rest = lines; !rest.empty(); rest.remove_prefix(rest.find("\r\n") + 2)) {
      const std::string_view line = rest.substr(0, rest.find("\r\n"));
      const std::size_t colon = line.find(": ");
      if (verify::same_header_name(line.substr(0, colon), name)) return line.substr(colon + 2);
    }
    return {};
  };
  verify::SigningOptions options = signing_options(config.platforms.front());
  options.secrets = {secret};
  const auto verifier = verify::make_verifier(options);
  EXPECT_TRUE(verifier);
  return (*verifier)->verify({.header = find, .body = "{}", .now = UtcTime{Seconds{kNow}}}).has_value();
}

TEST(AppPlatforms, ThePreviousSignerKnowsTheSecondSecretAlone) {
  for (const SigningSchemeName& known : kSigningSchemeNames) {
    if (known.scheme == SigningScheme::kNone) continue;
    const std::string fresh = secret_of(known.scheme);
    const std::string old = secret_of(known.scheme);
    const config::Config config = config_of(known.scheme, {fresh, old, secret_of(known.scheme)});
    const auto platforms = make_platforms(config);
    ASSERT_TRUE(platforms) << platforms.error().message;
    const dispatch::Platform& platform = *platforms->at("crm");
    ASSERT_TRUE(platform.previous_signer) << known.name;
    EXPECT_TRUE(takes(config, old, *platform.previous_signer)) << known.name;
    EXPECT_FALSE(takes(config, fresh, *platform.previous_signer)) << known.name;
    EXPECT_TRUE(takes(config, fresh, *platform.signer)) << known.name;
    EXPECT_TRUE(check_previous_secret(config, "crm"));
  }
}

TEST(AppPlatforms, WhereNothingIsReplacedThereIsNoPreviousSecret) {
  const auto refusal = [](const config::Config& config, std::string_view platform) {
    return check_previous_secret(config, platform).error().code;
  };
  const config::Config one = config_of(SigningScheme::kXCs, {"secret-1"});
  EXPECT_EQ(make_platforms(one)->at("crm")->previous_signer, nullptr);
  EXPECT_EQ(refusal(one, "crm"), "previous_secret_missing");
  EXPECT_EQ(refusal(one, "push"), "previous_secret_missing");
  const config::Config unsigned_one = config_of(SigningScheme::kNone, {"secret-1", "secret-2"});
  EXPECT_EQ(make_platforms(unsigned_one)->at("crm")->previous_signer, nullptr);
  EXPECT_EQ(refusal(unsigned_one, "crm"), "previous_secret_missing");
}

TEST(AppPlatforms, ACommandThatMayNotReadTheSecretsLeavesItToTheService) {
  EXPECT_TRUE(check_previous_secret(config_of(SigningScheme::kXCs, {}), "crm"));
}

}  // namespace
}  // namespace yizhan::app

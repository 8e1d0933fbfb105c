// Secrets that stand sealed, or in files of their own. How they are sealed: verify/sealed_secret.h.
#include <gtest/gtest.h>

#include <cctype>

#include "loading.h"

namespace yizhan::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// `sealed:x` opens as `x`; `sealed:other…` needs another key, `sealed:bad…` is damaged.
Result<std::string> open_secret(std::string_view sealed) {
  const std::string_view secret = sealed.substr(kSealedPrefix.size());
  if (secret.starts_with("other")) return fail("master_key_missing", "it is sealed with another master key");
  if (secret.starts_with("bad")) return fail("secret_not_opened", "it is damaged");
  return std::string(secret);
}

Inputs inputs_of(const World& world) {
  Inputs inputs = world.inputs();
  inputs.open_secret = open_secret;
  return inputs;
}

Config config_of(const World& world) {
  auto loaded = load(inputs_of(world));
  if (!loaded) throw std::runtime_error(to_text(loaded.error()));
  return loaded->config;
}

Problems refusals(const World& world) {
  auto loaded = load(inputs_of(world));
  return loaded ? Problems{} : loaded.error();
}

constexpr const char* kPlatform = "[platforms.crm]\nbase_url = \"https://crm.example\"\nsigning = \"x-cs\"\n";

TEST(SealedSettings, OpenWhereverASecretMayStand) {
  const Config config =
      config_of({.files = {{kFile, std::string(kPlatform) +
                                       "secrets = [\"sealed:a,b\", \"clear\"]\nsecret_file = \"crm_secret\"\n"
                                       "headers = { Authorization = \"sealed:Bearer x\" }\n"
                                       "[push]\njwt_secret = \"sealed:of-tokens\"\n"},
                           {"crm_secret", "sealed:from-a-file\n"}},
                 .variables = {{"YIZHAN_STORE", "sealed:postgresql://user:password@db/yizhan"},
                               {"AI_CS_PLATFORM_SUB2API_CALLBACK_SECRET", "sealed:of-the-seed"},
                               {"YIZHAN_PLATFORM_SUB2API_BASE_URL", "https://shop.example"}}});
  const Platform& crm = *config.find_platform("crm");
  EXPECT_THAT(crm.signing.secrets, ElementsAre("a,b", "clear", "from-a-file"));
  EXPECT_THAT(crm.headers, ElementsAre(std::pair<std::string, std::string>("Authorization", "Bearer x")));
  EXPECT_THAT(config.find_platform("sub2api")->signing.secrets, ElementsAre("of-the-seed"));
  EXPECT_EQ(config.push.jwt_secret, "of-tokens");
  EXPECT_EQ(config.store.url, "postgresql://user:password@db/yizhan");
}

TEST(SealedSettings, AreCheckedAsTheyAreInside) {
  const World world{.files = {{kFile, std::string(kPlatform) + "secret = \"sealed: hidden\"\n"}},
                    .variables = {{"YIZHAN_STORE", "sealed:mysql://db"}}};
  EXPECT_THAT(refusals(world), testing::IsSupersetOf({problem("config_value_invalid", {"platforms.crm.secrets = "}),
                                                      problem("config_value_invalid", {"store.url = "})}));
  EXPECT_THAT(to_text(refusals(world)), testing::Not(testing::HasSubstr("hidden")));
}

TEST(SealedSettings, ThatCannotBeOpenedAreProblemsOfTheService) {
  World world{.files = {{kFile, std::string(kPlatform) + "secret = \"sealed:other\"\n[push]\ntoken_file = \"token\"\n"},
                        {"token", "sealed:other\n"}}};
  EXPECT_THAT(refusals(world),
              testing::Contains(problem("master_key_missing", {"platforms.crm.secret", "yizhan.toml:4"})));
  EXPECT_THAT(refusals(world), testing::Contains(problem("master_key_missing", {"push.token_file", "token"})));
  // Beside it, a command does without.
  world.serving = false;
  EXPECT_THAT(config_of(world).find_platform("crm")->signing.secrets, IsEmpty());
  // But not without the store, and not with what is damaged.
  world.variables["YIZHAN_STORE"] = "sealed:other";
  EXPECT_THAT(refusals(world), ElementsAre(problem("master_key_missing", {"store.url"})));
  world.variables["YIZHAN_STORE"] = "sealed:bad";
  EXPECT_THAT(refusals(world), ElementsAre(problem("secret_not_opened", {"store.url"})));
}

TEST(SealedSettings, NothingOpensWithoutAnOpener) {
  EXPECT_THAT(problems_of_toml(std::string(kPlatform) + "secret = \"sealed:a\"\n"),
              testing::Contains(problem("master_key_missing", {"platforms.crm.secret"})));
}

TEST(SecretsInClear, AreListedAndMayBeRefused) {
  const std::string toml = std::string(kPlatform) + "secret = \"clear\"\n" +
                           "[sources.git]\nkind = \"github\"\nsecret = \"sealed:a\"\n" +
                           "[store]\nurl = \"postgresql://user:password@db/yizhan\"\n[push]\ntoken_file = \"token\"\n";
  World world{.files = {{kFile, toml}, {"token", "clear"}}, .variables = {{"YIZHAN_NOTIFY_SUPA_KEY", "clear"}}};
  const auto loaded = load(inputs_of(world));
  ASSERT_TRUE(loaded) << to_text(loaded.error());
  EXPECT_THAT(loaded->secrets_in_clear, ElementsAre("platforms.crm.secrets", "store.url"));
  world.variables["YIZHAN_SECRETS_REQUIRE_SEALED"] = "true";
  EXPECT_THAT(refusals(world), ElementsAre(problem("secret_in_clear", {"platforms.crm.secrets"}),
                                           problem("secret_in_clear", {"store.url"})));
  EXPECT_THAT(to_text(refusals(world)), testing::Not(testing::HasSubstr("password")));
}

struct OfAFile {
  const char* key;
  std::string (*value)(const Config&);
};

class SecretFiles : public testing::TestWithParam<OfAFile> {};

TEST_P(SecretFiles, HoldTheSecret) {
  const OfAFile& setting = GetParam();
  const std::string key = setting.key;
  const std::string variable = "YIZHAN_" + [key] {
    std::string upper = key;
    for (char& c : upper) c = c == '.' ? '_' : static_cast<char>(std::toupper(c));
    return upper;
  }();
  World world{.files = {{"a-file", "in-the-file\n"}}, .sets = {key + "_file=a-file"}};
  EXPECT_EQ(setting.value(config_of(world)), "in-the-file");
  // The later input wins.
  world.variables[variable] = "in-the-variable";
  EXPECT_EQ(setting.value(config_of(world)), "in-the-file");
  world.sets = {key + "=in-the-flag"};
  world.variables = {{variable + "_FILE", "a-file"}};
  EXPECT_EQ(setting.value(config_of(world)), "in-the-flag");
  world.sets = {key + "=one", key + "_file=a-file"};
  EXPECT_THAT(refusals(world), ElementsAre(problem("config_value_invalid", {key + "_file", "Keep one"})));
  world.sets = {key + "_file=nowhere"};
  EXPECT_THAT(refusals(world), ElementsAre(problem("config_file_unreadable", {key + "_file", "nowhere"})));
  world.serving = false;
  EXPECT_EQ(setting.value(config_of(world)), "");
}

INSTANTIATE_TEST_SUITE_P(
    All, SecretFiles,
    testing::Values(OfAFile{"push.token", [](const Config& config) { return config.push.token; }},
                    OfAFile{"push.getui_master_secret",
                            [](const Config& config) { return config.push.getui_master_secret; }},
                    OfAFile{"push.jwt_secret", [](const Config& config) { return config.push.jwt_secret; }},
                    OfAFile{"notify.supa_key", [](const Config& config) { return config.notify.supa_key; }},
                    OfAFile{"notify.rpc_token", [](const Config& config) { return config.notify.rpc_token; }}));

}  // namespace
}  // namespace yizhan::config

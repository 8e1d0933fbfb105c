// The environment: the seed's variables and our own.
#include "config/setting.h"
#include "loading.h"

namespace yizhan::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SeedVariables, AllOfTheRunbookConfigureAnyPlatform) {
  for (const std::string part : {"SUB2API", "NEWAPI", "MY_CRM_2"}) {
    const std::string prefix = "AI_CS_PLATFORM_" + part;
    const Loaded loaded = load_well({.variables = {
                                         {prefix + "_ENABLED", "true"},
                                         {prefix + "_INGRESS_SECRET", "ingress-secret"},
                                         {prefix + "_CALLBACK_BASE_URL", "https://platform.example/callbacks"},
                                         {prefix + "_CALLBACK_SECRET", "callback-secret"},
                                         {prefix + "_CALLBACK_TIMEOUT_MS", "4000"},
                                         {prefix + "_CALLBACK_MAX_RETRIES", "3"},
                                         {prefix + "_CALLBACK_POLL_INTERVAL_MS", "1000"},
                                         {prefix + "_CALLBACK_BATCH_SIZE", "50"},
                                         {prefix + "_CALLBACK_RETRY_SCHEDULE_SEC", "1, 2,30"},
                                         {"YIZHAN_PLATFORM_" + part + "_SIGNING", "x-cs"},
                                     }});
    ASSERT_EQ(loaded.config.platforms.size(), 1U);
    const Platform& platform = loaded.config.platforms[0];
    EXPECT_EQ(variable_part(platform.name), part);
    EXPECT_TRUE(platform.enabled);
    EXPECT_EQ(platform.ingress_secret, "ingress-secret");
    EXPECT_EQ(platform.base_url, "https://platform.example/callbacks");
    EXPECT_THAT(platform.signing.secrets, ElementsAre("callback-secret"));
    EXPECT_EQ(platform.policy.timeout, Milliseconds{4000});
    EXPECT_EQ(platform.policy.max_retries, 3);
    EXPECT_EQ(platform.policy.poll_interval, Milliseconds{1000});
    EXPECT_EQ(platform.policy.batch_size, 50);
    EXPECT_THAT(platform.policy.retry_schedule, ElementsAre(Seconds{1}, Seconds{2}, Seconds{30}));
  }
}

TEST(SeedVariables, TheSeedsDefaultsAreOurs) {
  const Loaded loaded = load_well({.variables = {{"AI_CS_PLATFORM_SUB2API_CALLBACK_SECRET", "callback-secret"}}});
  const Platform& platform = loaded.config.platforms.at(0);
  EXPECT_EQ(platform.name, "sub2api");
  EXPECT_EQ(platform.policy.timeout, Milliseconds{3000});
  EXPECT_EQ(platform.policy.max_retries, 5);
  EXPECT_EQ(platform.policy.poll_interval, Milliseconds{5000});
  EXPECT_EQ(platform.policy.batch_size, 20);
  EXPECT_THAT(platform.policy.retry_schedule,
              ElementsAre(Seconds{10}, Seconds{30}, Seconds{60}, Seconds{300}, Seconds{900}));
  EXPECT_EQ(platform.signing.scheme, SigningScheme::kXCs);
  EXPECT_EQ(platform.signing.signature_header, "X-CS-Signature");
}

TEST(SeedVariables, GlobalOnes) {
  const Loaded loaded = load_well({.variables = {{"AI_CS_PLATFORM_ADAPTERS_ENABLED", "true"},
                                                 {"AI_CS_WEBHOOK_SIGNATURE_HEADER", "X-My-Signature"},
                                                 {"AI_CS_WEBHOOK_MAX_SKEW_SECONDS", "60"},
                                                 {"AI_CS_PLATFORM_NEWAPI_CALLBACK_SECRET", "callback-secret"}}});
  EXPECT_TRUE(loaded.config.webhook.platform_adapters_enabled);
  EXPECT_EQ(loaded.config.webhook.max_skew, Seconds{60});
  ASSERT_EQ(loaded.config.platforms.size(), 1U);
  EXPECT_EQ(loaded.config.platforms[0].signing.signature_header, "X-My-Signature");
}

TEST(SeedVariables, TheMasterSwitchDisablesEveryPlatform) {
  World world{.files = {{kFile, kCrm + "enabled = true\n[platforms.erp]\nsigning = \"none\"\n"}},
              .variables = {{"AI_CS_PLATFORM_ADAPTERS_ENABLED", "false"}}};
  const Loaded loaded = load_well(world);
  for (const Platform& platform : loaded.config.platforms) EXPECT_FALSE(platform.enabled) << platform.name;
  EXPECT_EQ(loaded.origins.at("platforms.crm.enabled").where, "AI_CS_PLATFORM_ADAPTERS_ENABLED");
}

TEST(SeedVariables, ACommaInTheSecretIsPartOfIt) {
  const Loaded loaded = load_well({.variables = {{"AI_CS_PLATFORM_SUB2API_CALLBACK_SECRET", "one,two"}}});
  EXPECT_THAT(loaded.config.platforms.at(0).signing.secrets, ElementsAre("one,two"));
}

TEST(SeedVariables, UnknownSuffixesAreErrorsButOtherVariablesOfTheSeedAreNot) {
  EXPECT_THAT(problems_of({.variables = {{"AI_CS_PLATFORM_CRM_CALLBACK_TIMEOUT", "1"},
                                         {"AI_CS_PLATFORM_CRM", "1"},
                                         {"AI_CS_PLATFORM__ENABLED", "true"},
                                         {"AI_CS_PLATFORM_crm_ENABLED", "true"}}}),
              ElementsAre(problem("config_variable_unknown", {"AI_CS_PLATFORM_CRM\""}),
                          problem("config_variable_unknown", {"Did you mean AI_CS_PLATFORM_CRM_CALLBACK_TIMEOUT_MS?"}),
                          problem("config_variable_unknown", {"AI_CS_PLATFORM__ENABLED"}),
                          problem("config_variable_unknown", {"AI_CS_PLATFORM_crm_ENABLED"})));
  EXPECT_THAT(problems_of({.variables = {{"AI_CS_DATABASE_URL", "x"}, {"HOME", "/root"}}}), IsEmpty());
}

TEST(OwnVariables, EverySettingHasOneThatWorks) {
  // What each may be set to; a setting that is missing here fails below.
  for (const auto& setting : settings()) {
    const Config defaults = load_well({}).config;
    const std::string variable = variable_name(setting);
    // Any allowed value will do: the default's own text is one, where it is not empty.
    const std::string text = text_form(setting.field.read(defaults));
    const std::string value = !text.empty()                                         ? text
                              : setting.key.ends_with("_file")                      ? "file.pem"
                              : setting.key.ends_with("_url")                       ? "https://a.example"
                              : setting.key.find("allow") != std::string_view::npos ? "10.0.0.0/8"
                              : setting.key.find("getui") != std::string_view::npos ? "getui-text"
                              : setting.key == "alerts.channels"                    ? "ops"
                                                                                    : "1.1.1.1";
    // Beside a running service: what goes together may be known elsewhere.
    World world{.variables = {{variable, value}}, .serving = false};
    if (setting.key == "alerts.channels") world.variables["YIZHAN_ALERT_CHANNEL_OPS_KIND"] = "webhook";
    for (const std::string section : {"api", "receive", "push"}) {
      const std::string prefix = "YIZHAN_" + variable_part(section);
      if (setting.key == section + ".key_file") world.variables[prefix + "_CERTIFICATE_FILE"] = "c.pem";
      if (setting.key == section + ".certificate_file") world.variables[prefix + "_KEY_FILE"] = "k.pem";
    }
    const Loaded loaded = load_well(world);
    ASSERT_TRUE(loaded.origins.contains(setting.key)) << setting.key;
    EXPECT_EQ(loaded.origins.at(std::string(setting.key)).where, variable);
    EXPECT_EQ(text_form(setting.field.read(loaded.config)), value);
  }
}

TEST(OwnVariables, TheFixedNames) {
  const Config config = load_well({.variables = {{"YIZHAN_STORE", "postgresql://u@h/d"},
                                                 {"YIZHAN_DATA_DIR", "/data"},
                                                 {"YIZHAN_API_LISTEN", "0.0.0.0:1"},
                                                 {"YIZHAN_RECEIVE_LISTEN", "[::1]:2"},
                                                 {"YIZHAN_PUSH_LISTEN", ":3"},
                                                 {"YIZHAN_OUTBOUND_ALLOW", "10.0.0.0/8, 127.0.0.1"},
                                                 {"YIZHAN_LOG_LEVEL", "debug"},
                                                 {"YIZHAN_ROLES", "console,dispatch"}}})
                            .config;
  EXPECT_EQ(config.store.url, "postgresql://u@h/d");
  EXPECT_EQ(config.data_dir, "/data");
  EXPECT_EQ(config.listen.api, "0.0.0.0:1");
  EXPECT_EQ(config.listen.receive, "[::1]:2");
  EXPECT_EQ(config.listen.push, ":3");
  EXPECT_THAT(config.outbound.allow, ElementsAre("10.0.0.0/8", "127.0.0.1"));
  EXPECT_EQ(config.log.level, log::Level::kDebug);
  EXPECT_EQ(config.roles, (Roles{.receive = false, .dispatch = true, .push = false, .console = true}));
}

TEST(OwnVariables, TheLongestSettingNameAtTheEndCounts) {
  const Loaded loaded =
      load_well({.variables = {{"YIZHAN_PLATFORM_CRM_INGRESS_SECRET", "a"}, {"YIZHAN_PLATFORM_CRM_SIGNING", "none"}}});
  ASSERT_EQ(loaded.config.platforms.size(), 1U);
  EXPECT_EQ(loaded.config.platforms[0].name, "crm");
  EXPECT_EQ(loaded.config.platforms[0].ingress_secret, "a");
}

TEST(OwnVariables, APlatformOfTheFileIsFoundUnderItsOwnName) {
  World world{.files = {{kFile, "[platforms.a-b]\nsigning = \"none\"\n"}},
              .variables = {{"YIZHAN_PLATFORM_A_B_MAX_RETRIES", "1"}, {"YIZHAN_PLATFORM_C_D_SIGNING", "none"}}};
  const Loaded loaded = load_well(world);
  ASSERT_EQ(loaded.config.platforms.size(), 2U);
  EXPECT_EQ(loaded.config.platforms[0].name, "a-b");
  EXPECT_EQ(loaded.config.platforms[0].policy.max_retries, 1);
  EXPECT_EQ(loaded.config.platforms[1].name, "c_d");
}

TEST(OwnVariables, TwoPlatformsThatShareTheirVariablesAreRefused) {
  EXPECT_THAT(problems_of_toml("[platforms.a-b]\nsigning = \"none\"\n[platforms.a_b]\nsigning = \"none\"\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.a-b", "platforms.a_b", "A_B"})));
}

TEST(OwnVariables, AnEmptyOneCountsAsNotSet) {
  const Loaded loaded = load_well({.variables = {{"YIZHAN_STORE", ""},
                                                 {"YIZHAN_CONFIG", ""},
                                                 {"YIZHAN_API_LISTEN", ""},
                                                 {"YIZHAN_PLATFORM_CRM_TIMEOUT_MS", ""},
                                                 {"AI_CS_PLATFORM_SUB2API_CALLBACK_SECRET", ""}}});
  EXPECT_THAT(loaded.origins, IsEmpty());
  EXPECT_THAT(loaded.config.platforms, IsEmpty());
}

TEST(OwnVariables, UnknownOnesAreErrors) {
  EXPECT_THAT(problems_of({.variables = {{"YIZHAN_COLOUR", ""},
                                         {"YIZHAN_STORE_URL", "sqlite:x"},
                                         {"YIZHAN_PLATFORM_MY_CRM_TIMEOUT", "1"},
                                         {"YIZHAN_PLATFORM_TIMEOUT_MS", "1"}}}),
              ElementsAre(problem("config_variable_unknown", {"YIZHAN_COLOUR"}),
                          problem("config_variable_unknown", {"Did you mean YIZHAN_PLATFORM_MY_CRM_TIMEOUT_MS?"}),
                          problem("config_variable_unknown", {"YIZHAN_PLATFORM_TIMEOUT_MS"}),
                          problem("config_variable_unknown", {"Did you mean YIZHAN_STORE?"})));
}

TEST(OwnVariables, NamesThatAreNoSettingsAreLeftAlone) {
  EXPECT_THAT(problems_of({.variables = {{"YIZHAN_FAIL_POINT", "x:1"},
                                         {"YIZHAN_API_URL", "http://localhost"},
                                         {"YIZHAN_TEST_MODE", "full"}}}),
              IsEmpty());
}

}  // namespace
}  // namespace yizhan::config

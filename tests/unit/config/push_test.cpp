// [notify], [[notify_templates]] and [push]: the seed's variables, what is derived, and what goes together.
#include "loading.h"

namespace yizhan::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(NotifySettings, TheSeedsVariables) {
  const NotifySection notify = load_well({.variables = {{"SUPA_URL", "https://supa.example"},
                                                        {"SUPA_KEY", "the-key"},
                                                        {"NOTIFY_WORKER_USE_RLS_SAFE_RPC", "true"},
                                                        {"NOTIFY_WORKER_RPC_TOKEN", "the-token"}}})
                                   .config.notify;
  EXPECT_EQ(notify.supa_url, "https://supa.example");
  EXPECT_EQ(notify.supa_key, "the-key");
  EXPECT_FALSE(notify.supa_use_bearer);
  EXPECT_TRUE(notify.use_rls_safe_rpc);
  EXPECT_EQ(notify.rpc_token, "the-token");
}

TEST(NotifySettings, TheBearerIsSentWhenEitherVariableSaysSo) {
  const auto bearer = [](const std::string& all, const std::string& worker) {
    return load_well({.variables = {{"SUPA_USE_BEARER", all}, {"NOTIFY_WORKER_SUPA_USE_BEARER", worker}}})
        .config.notify.supa_use_bearer;
  };
  EXPECT_TRUE(bearer("false", "true"));
  EXPECT_TRUE(bearer("true", "false"));
  EXPECT_TRUE(bearer("", "true"));
  EXPECT_TRUE(bearer("1", ""));
  EXPECT_FALSE(bearer("false", "false"));
  EXPECT_FALSE(bearer("", ""));
}

TEST(NotifySettings, AWrongOneOfTwoVariablesIsRefusedWhateverTheOtherSays) {
  EXPECT_THAT(problems_of({.variables = {{"SUPA_USE_BEARER", "perhaps"}, {"NOTIFY_WORKER_SUPA_USE_BEARER", "true"}}}),
              ElementsAre(problem("config_value_invalid", {"SUPA_USE_BEARER", "true or false"})));
}

TEST(NotifySettings, SupaKeyComesBeforeServiceRoleKeyAndOursBeforeBoth) {
  World world{.variables = {{"SUPA_KEY", "one"}, {"SERVICE_ROLE_KEY", "two"}}};
  const Loaded both = load_well(world);
  EXPECT_EQ(both.config.notify.supa_key, "one");
  EXPECT_EQ(both.origins.at("notify.supa_key").where, "SUPA_KEY");
  world.variables.erase("SUPA_KEY");
  EXPECT_EQ(load_well(world).config.notify.supa_key, "two");
  world.variables["YIZHAN_NOTIFY_SUPA_KEY"] = "three";
  EXPECT_EQ(load_well(world).config.notify.supa_key, "three");
}

TEST(NotifySettings, AServiceWithoutWhatItAsksForIsRefused) {
  World world{.variables = {{"SUPA_URL", "https://supa.example"}, {"NOTIFY_WORKER_USE_RLS_SAFE_RPC", "1"}}};
  EXPECT_THAT(problems_of(world), ElementsAre(problem("config_value_invalid", {"notify.supa_key", "must be set"}),
                                              problem("config_value_invalid", {"notify.rpc_token", "must be set"})));
  // Where another node does it, or a command looks on, they may be known elsewhere only.
  world.sets = {"roles=receive"};
  EXPECT_THAT(problems_of(world), IsEmpty());
  world.sets = {};
  world.serving = false;
  EXPECT_THAT(problems_of(world), IsEmpty());
}

TEST(NotifyTemplates, AreAListInTheOrderOfTheFile) {
  const Config config = load_toml(R"(
[[notify_templates]]
status = "IN_LOCKER"
audience = "user"
title = "包裹已到驿站"
safe_text = "尾号 {tracking_tail}"
[[notify_templates]]
status = "CREATED"
silent = true
)")
                            .config;
  ASSERT_EQ(config.notify_templates.size(), 2U);
  EXPECT_EQ(config.notify_templates[0].status, "IN_LOCKER");
  EXPECT_EQ(config.notify_templates[0].audience, "user");
  EXPECT_EQ(config.notify_templates[0].title, "包裹已到驿站");
  EXPECT_EQ(config.notify_templates[0].safe_text, "尾号 {tracking_tail}");
  EXPECT_EQ(config.notify_templates[1].audience, "*");
  EXPECT_TRUE(config.notify_templates[1].silent);
}

TEST(NotifyTemplates, VariablesAndFlagsGoByNumber) {
  const Config config =
      load_well({.variables = {{"YIZHAN_NOTIFY_TEMPLATE_2_BODY", "one, two"}}, .sets = {"notify_templates.1.title=A"}})
          .config;
  ASSERT_EQ(config.notify_templates.size(), 2U);
  EXPECT_EQ(config.notify_templates[0].title, "A");
  EXPECT_EQ(config.notify_templates[1].body, "one, two");
}

TEST(NotifyTemplates, WhatIsWrongIsNamed) {
  EXPECT_THAT(problems_of_toml("[[notify_templates]]\naudience = \"courier\"\ntitel = \"A\"\n"),
              ElementsAre(problem("config_value_invalid", {"notify_templates.1.audience", "user, merchant, *"}),
                          problem("config_key_unknown", {"titel", "Did you mean title?"})));
  EXPECT_THAT(problems_of_toml("notify_templates = 1\n"),
              ElementsAre(problem("config_value_invalid", {"[[notify_templates]]"})));
}

TEST(PushSettings, TheSeedsVariables) {
  const PushSection push = load_well({.variables = {{"CLOUD_FUNC_URL", "https://fc.example/push"},
                                                    {"PUSH_TOKEN", "the-token"},
                                                    {"ENABLE_CONSUMER", "false"},
                                                    {"CONSUMER_POLL_MS", "3000"},
                                                    {"MAX_RETRIES", "4"},
                                                    {"RETRY_INITIAL_MS", "1500"},
                                                    {"RETRY_FACTOR", "3"},
                                                    {"RETRY_MAX_MS", "20000"},
                                                    {"JWT_SECRET", "the-secret"}}})
                               .config.push;
  EXPECT_EQ(push.cloud_function_url, "https://fc.example/push");
  EXPECT_EQ(push.token, "the-token");
  EXPECT_FALSE(push.enable_consumer);
  EXPECT_EQ(push.policy.poll_interval, Milliseconds{3000});
  EXPECT_EQ(push.policy.max_retries, 4);
  EXPECT_EQ(push.jwt_secret, "the-secret");
  // 1.5 s, 4.5 s, 13.5 s, 20 s
  EXPECT_THAT(push.policy.retry_schedule, ElementsAre(Seconds{2}, Seconds{5}, Seconds{14}, Seconds{20}));
}

TEST(PushSettings, TheDelaysBetweenRetriesDouble) {
  const DeliveryPolicy policy = load_well({}).config.push.policy;
  EXPECT_EQ(policy.max_retries, 5);
  EXPECT_THAT(policy.retry_schedule, ElementsAre(Seconds{2}, Seconds{4}, Seconds{8}, Seconds{16}, Seconds{32}));
  EXPECT_EQ(policy.timeout, Milliseconds{10000});
}

TEST(PushSettings, ThereIsADelayEvenForNoRetries) {
  EXPECT_THAT(load_well({.variables = {{"MAX_RETRIES", "0"}}}).config.push.policy.retry_schedule,
              ElementsAre(Seconds{2}));
}

TEST(PushSettings, DelaysThatGrowBeyondAllNumbersStayAtTheLongest) {
  const DeliveryPolicy policy =
      load_well({.variables = {{"MAX_RETRIES", "100"}, {"RETRY_FACTOR", "100"}}}).config.push.policy;
  ASSERT_EQ(policy.retry_schedule.size(), 100U);
  EXPECT_EQ(policy.retry_schedule.back(), Seconds{60});
}

TEST(PushSettings, ALongestDelayBelowTheFirstIsRefused) {
  EXPECT_THAT(problems_of({.variables = {{"RETRY_INITIAL_MS", "5000"}, {"RETRY_MAX_MS", "1000"}}}),
              ElementsAre(problem("config_value_invalid", {"push.retry_max_ms", "RETRY_MAX_MS", "5000"})));
}

TEST(PushSettings, TheChannelFollowsFromWhatIsSet) {
  const auto channel = [](const Variables& variables) {
    return load_well({.variables = variables}).config.push.channel;
  };
  const Variables getui{{"YIZHAN_PUSH_GETUI_APP_ID", "id"},
                        {"YIZHAN_PUSH_GETUI_APP_KEY", "key"},
                        {"YIZHAN_PUSH_GETUI_MASTER_SECRET", "secret"}};
  EXPECT_EQ(channel({}), PushChannel::kNone);
  EXPECT_EQ(channel({{"CLOUD_FUNC_URL", "https://fc.example"}}), PushChannel::kCloudFunction);
  EXPECT_EQ(channel(getui), PushChannel::kGetui);

  Variables both = getui;
  both["CLOUD_FUNC_URL"] = "https://fc.example";
  const Loaded loaded = load_well({.variables = both});
  EXPECT_EQ(loaded.config.push.channel, PushChannel::kCloudFunction);
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("push.getui_app_id")));
  both["YIZHAN_PUSH_CHANNEL"] = "getui";
  EXPECT_EQ(channel(both), PushChannel::kGetui);
  both["YIZHAN_PUSH_CHANNEL"] = "none";
  EXPECT_EQ(channel(both), PushChannel::kNone);
}

TEST(PushSettings, AChannelWithoutWhatItNeedsIsRefused) {
  EXPECT_THAT(problems_of({.sets = {"push.channel=cloud-function"}}),
              ElementsAre(problem("config_value_invalid", {"push.cloud_function_url", "must be set"})));
  EXPECT_THAT(problems_of({.sets = {"push.getui_app_id=id"}}),
              ElementsAre(problem("config_value_invalid", {"push.getui_app_key", "must be set"}),
                          problem("config_value_invalid", {"push.getui_master_secret", "must be set"})));
  EXPECT_THAT(problems_of({.sets = {"push.channel=getui"}, .serving = false}), IsEmpty());
}

TEST(PushSettings, NoPlatformIsCalledPush) {
  EXPECT_THAT(problems_of_toml("[platforms.push]\nsigning = \"none\"\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.push", "another name"})));
}

TEST(PushSettings, ACertificateNeedsItsKey) {
  EXPECT_THAT(problems_of({.sets = {"push.certificate_file=c.pem"}}),
              ElementsAre(problem("config_value_invalid", {"push.key_file"})));
}

}  // namespace
}  // namespace yizhan::config

// Sources: what makes them, their defaults, and what their kinds cannot do without.
#include "config/tables.h"
#include "loading.h"

namespace yizhan::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kGithub = "[sources.github]\nsecret = \"hook-secret\"\n";

const Source& only_source(const Loaded& loaded) {
  if (loaded.config.sources.size() != 1) throw std::runtime_error("not one source");
  return loaded.config.sources[0];
}

TEST(Sources, ANameThatIsAKindNeedsNoKind) {
  const Loaded loaded = load_toml(kGithub);
  const Source& github = only_source(loaded);
  EXPECT_EQ(github.kind, SourceKind::kGithub);
  EXPECT_EQ(github.account, "github");
  EXPECT_EQ(github.platform, "");
  EXPECT_TRUE(github.enabled);
  EXPECT_TRUE(github.reject_unfit);
  EXPECT_THAT(github.secrets, ElementsAre("hook-secret"));
  EXPECT_THAT(problems_of_toml("[sources.shop]\nsecret = \"x\"\n"),
              ElementsAre(problem("config_value_invalid", {"sources.shop.kind", "must be set", "wxpay", "hmac"})));
}

TEST(Sources, GivenInEveryPlace) {
  const Loaded loaded =
      load_well({.files = {{kFile, "[sources.shop-wx]\nkind = \"wxpay\"\nmch_id = \"1\"\nsecret = \"from-file\"\n"}},
                 .variables = {{"YIZHAN_SOURCE_SHOP_WX_SECRET", "from,variable"},
                               {"YIZHAN_SOURCE_HUB_KIND", "github"},
                               {"YIZHAN_SOURCE_HUB_SECRETS", "one, two"}},
                 .sets = {"sources.shop-wx.account=main", "sources.shop-wx.app_ids=wx1,wx2"}});
  ASSERT_EQ(loaded.config.sources.size(), 2U);
  EXPECT_EQ(loaded.config.sources[0].name, "hub");
  EXPECT_THAT(loaded.config.sources[0].secrets, ElementsAre("one", "two"));
  const Source* shop = loaded.config.find_source("shop-wx");
  ASSERT_NE(shop, nullptr);
  EXPECT_THAT(shop->secrets, ElementsAre("from,variable"));
  EXPECT_EQ(shop->account, "main");
  EXPECT_THAT(shop->app_ids, ElementsAre("wx1", "wx2"));
  EXPECT_EQ(loaded.origins.at("sources.shop-wx.secrets").where, "YIZHAN_SOURCE_SHOP_WX_SECRET");
  EXPECT_EQ(loaded.config.find_source("none"), nullptr);
}

TEST(Sources, APlatformsIngressSecretMakesOne) {
  for (const char* variable : {"AI_CS_PLATFORM_SUB2API_INGRESS_SECRET", "YIZHAN_PLATFORM_SUB2API_INGRESS_SECRET"}) {
    const Loaded loaded = load_well({.variables = {{variable, "ingress-secret"},
                                                   {"YIZHAN_PLATFORM_SUB2API_SIGNING", "none"},
                                                   {"AI_CS_WEBHOOK_SIGNATURE_HEADER", "X-Seed-Signature"},
                                                   {"AI_CS_WEBHOOK_MAX_SKEW_SECONDS", "60"}}});
    const Source& ingress = only_source(loaded);
    EXPECT_EQ(ingress.name, "sub2api-ingress");
    EXPECT_EQ(ingress.kind, SourceKind::kPlatform);
    EXPECT_EQ(ingress.account, "sub2api");
    EXPECT_EQ(ingress.platform, "sub2api");
    EXPECT_THAT(ingress.secrets, ElementsAre("ingress-secret"));
    EXPECT_EQ(ingress.signature_header, "X-Seed-Signature");
    EXPECT_EQ(ingress.tolerance, Seconds{60});
    EXPECT_TRUE(ingress.enabled);
    EXPECT_EQ(loaded.origins.at("sources.sub2api-ingress.secrets").where, variable);
  }
}

TEST(Sources, ATableSaysMoreOfAnIngress) {
  const std::string crm = kCrm + "ingress_secret = \"ingress-secret\"\n";
  const Source ingress =
      only_source(load_toml(crm + "[sources.crm-ingress]\nrate_per_second = 5\nplatform = \"crm\"\n"));
  EXPECT_EQ(ingress.kind, SourceKind::kPlatform);
  EXPECT_EQ(ingress.rate_per_second, 5);
  EXPECT_THAT(ingress.secrets, ElementsAre("ingress-secret"));
  EXPECT_THAT(
      problems_of_toml(crm + "[sources.crm-ingress]\nkind = \"github\"\nsecret = \"x\"\n"),
      ElementsAre(problem("config_value_invalid", {"sources.crm-ingress.kind", "platforms.crm.ingress_secret"})));
  EXPECT_FALSE(only_source(load_toml(crm + "enabled = false\n")).enabled);
  EXPECT_FALSE(only_source(load_toml("[webhook]\nplatform_adapters_enabled = false\n" + crm)).enabled);
}

TEST(Sources, TheSeedsReceiver) {
  const Loaded loaded = load_well({.variables = {{"WEBHOOK_SECRET", "a,b"}, {"WEBHOOK_PORT", "7299"}}});
  const Source& express = only_source(loaded);
  EXPECT_EQ(express.name, "express");
  EXPECT_EQ(express.kind, SourceKind::kExpress);
  EXPECT_THAT(express.secrets, ElementsAre("a,b"));
  EXPECT_FALSE(express.reject_invalid_signature) << "as the seed has it";
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("sources.express.reject_invalid_signature")));
  EXPECT_EQ(loaded.config.listen.receive, "127.0.0.1:7299");
  EXPECT_EQ(loaded.origins.at("listen.receive").where, "WEBHOOK_PORT");

  World rejecting{.variables = {{"WEBHOOK_SECRET", "s"}, {"WEBHOOK_REJECT_INVALID_SIGNATURE", "true"}}};
  EXPECT_TRUE(only_source(load_well(rejecting)).reject_invalid_signature);
  EXPECT_THAT(load_well(rejecting).warnings, IsEmpty());
  EXPECT_TRUE(only_source(load_toml("[sources.express]\nsecret = \"s\"\n")).reject_invalid_signature);
  EXPECT_THAT(load_well({.variables = {{"WEBHOOK_SECRET", ""}, {"WEBHOOK_PORT", ""}}}).config.sources, IsEmpty());
  EXPECT_THAT(problems_of({.variables = {{"WEBHOOK_PORT", "80a"}}}),
              ElementsAre(problem("config_value_invalid", {"listen.receive", "WEBHOOK_PORT", "address:port"})));
}

TEST(Sources, ASecretThatIsNeededMustBeThere) {
  EXPECT_THAT(problems_of_toml("[sources.github]\nrate_per_second = 5\n"),
              ElementsAre(problem("config_value_invalid", {"sources.github.secret", "YIZHAN_SOURCE_GITHUB_SECRET",
                                                           "sources.github.secret_file"})));
  EXPECT_THAT(load_toml("[sources.github]\nenabled = false\n").config.sources, testing::SizeIs(1));
  EXPECT_THAT(
      load_well({.files = {{kFile, "[sources.github]\nrate_per_second = 5\n"}}, .serving = false}).config.sources,
      testing::SizeIs(1));
  // These may go without: app/sources.cpp refuses them beyond loopback.
  EXPECT_THAT(load_toml("[sources.express]\nenabled = true\n[sources.kuaidi100]\nenabled = true\n").config.sources,
              testing::SizeIs(2));
}

TEST(Sources, KeysStandInFiles) {
  const std::string toml =
      "[sources.wxpay]\nmch_id = \"1\"\nsecret_file = \"v2.key\"\napi_v3_key_file = \"v3.key\"\n"
      "certificate_file = \"cert.pem\"\npublic_key_files = [\"a.pem\", \"b.pem\"]\npublic_key_ids = [\"A\", \"B\"]\n";
  World world{.files = {{kFile, toml},
                        {"v2.key", "two\n"},
                        {"v3.key", "three"},
                        {"cert.pem", "C\n"},
                        {"a.pem", "a"},
                        {"b.pem", "b"}}};
  const Source wxpay = only_source(load_well(world));
  EXPECT_THAT(wxpay.secrets, ElementsAre("two"));
  EXPECT_THAT(wxpay.api_v3_keys, ElementsAre("three"));
  EXPECT_THAT(wxpay.certificates, ElementsAre("C\n"));
  EXPECT_THAT(wxpay.public_keys, ElementsAre("a", "b"));
  world.files.erase("b.pem");
  world.files.erase("v3.key");
  EXPECT_THAT(problems_of(world),
              ElementsAre(problem("config_file_unreadable", {"sources.wxpay.api_v3_key_files", "v3.key"}),
                          problem("config_file_unreadable", {"sources.wxpay.public_key_files", "b.pem"})));
  world.serving = false;
  EXPECT_THAT(problems_of(world), IsEmpty());
}

TEST(Sources, WhatWechatPayNeeds) {
  const auto of = [](const std::string& settings) { return problems_of_toml("[sources.wxpay]\n" + settings); };
  EXPECT_THAT(of("secret = \"k\"\n"), ElementsAre(problem("config_value_invalid", {"sources.wxpay.mch_id"})));
  EXPECT_THAT(of("mch_id = \"1\"\n"), ElementsAre(problem("config_value_invalid", {"sources.wxpay.secret", "v2"})));
  EXPECT_THAT(of("mch_id = \"1\"\napi_v3_key = \"k\"\n"),
              ElementsAre(problem("config_value_invalid", {"sources.wxpay.public_key_file", "certificate_file"})));
  EXPECT_THAT(
      problems_of({.files = {{kFile, "[sources.wxpay]\nmch_id = \"1\"\npublic_key_file = \"p\"\n"}, {"p", "P"}}}),
      ElementsAre(problem("config_value_invalid", {"sources.wxpay.api_v3_key"}),
                  problem("config_value_invalid", {"sources.wxpay.public_key_ids", "each of the 1"})));
}

TEST(Sources, WhatAlipayAndEasypayNeed) {
  EXPECT_THAT(problems_of_toml("[sources.alipay]\nseller_id = \"1\"\n"),
              ElementsAre(problem("config_value_invalid", {"sources.alipay.app_id"}),
                          problem("config_value_invalid", {"sources.alipay.public_key_file"})));
  EXPECT_THAT(problems_of_toml("[sources.easypay]\nsecret = \"k\"\n"),
              ElementsAre(problem("config_value_invalid", {"sources.easypay.pid"})));
}

TEST(Sources, OneMayNotHaveMoreSecretsThanAreChecked) {
  World world{.files = {{kFile,
                         "[sources.github]\nsecrets = [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"]\nsecret_file = "
                         "\"f\"\n"},
                        {"f", "9"}}};
  EXPECT_THAT(problems_of(world),
              ElementsAre(problem("config_value_invalid", {"sources.github.secrets", "there are 9"})));
}

TEST(Sources, WhatMeansNothingForTheKindIsWarnedOf) {
  const Loaded loaded = load_toml(kGithub + "hmac_prefix = \"x\"\nmch_id = \"1\"\n");
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("sources.github.mch_id (./yizhan.toml:4): has no effect"),
                                           HasSubstr("sources.github.hmac_prefix (./yizhan.toml:3): has no effect")));
  EXPECT_EQ(only_source(loaded).mch_id, "");
}

TEST(Sources, TheGenericOneIsDescribedWhole) {
  const auto of = [](const std::string& settings) {
    return problems_of_toml("[sources.x]\nkind = \"hmac\"\nsecret = \"s\"\n" + settings);
  };
  EXPECT_THAT(of(""), IsEmpty());
  EXPECT_THAT(of("hmac_signed_text = \"{timestamp}.{body}\"\n"),
              ElementsAre(problem("config_value_invalid", {"sources.x.hmac_timestamp_header"})));
  EXPECT_THAT(of("hmac_signed_text = \"{id}.{body}\"\n"),
              ElementsAre(problem("config_value_invalid", {"sources.x.hmac_id_header"})));
  EXPECT_THAT(of("idempotency_header = \"X-Id\"\nidempotency_field = \"id\"\n"),
              ElementsAre(problem("config_value_invalid", {"sources.x.idempotency_field", "idempotency_header"})));
  EXPECT_THAT(of("event_type_header = \"X-T\"\nevent_type_field = \"t\"\n"),
              ElementsAre(problem("config_value_invalid", {"sources.x.event_type_field"})));
  EXPECT_THAT(of("signature_header = \"\"\n"),
              ElementsAre(problem("config_value_invalid", {"sources.x.signature_header"})));
}

TEST(Sources, TheirPlatformMustExist) {
  EXPECT_THAT(
      problems_of_toml(kCrm + kGithub + "platform = \"cmr\"\n"),
      ElementsAre(problem("config_value_invalid", {"sources.github.platform (./yizhan.toml:6)", "\"cmr\"", "crm"})));
  EXPECT_EQ(only_source(load_toml(kCrm + kGithub + "platform = \"crm\"\n")).platform, "crm");
}

TEST(Sources, NamesThatShareTheirVariablesAreRefused) {
  EXPECT_THAT(
      problems_of_toml("[sources.a-b]\nkind = \"github\"\nsecret = \"x\"\n[sources.a_b]\nkind = \"github\"\nsecret "
                       "= \"x\"\n"),
      ElementsAre(problem("config_value_invalid", {"sources.a-b and sources.a_b", "A_B"})));
  EXPECT_THAT(problems_of_toml("[sources.Git]\nsecret = \"x\"\n"),
              ElementsAre(problem("config_key_unknown", {"sources.\"Git\"", "a source's name must be"})));
}

TEST(Routes, AreNumberedInTheOrderOfTheFile) {
  std::string toml = kCrm + kGithub;
  for (int i = 0; i < 11; ++i) toml += "[[routes]]\nsource = \"*\"\nplatform = \"crm\"\n";
  World world{
      .files = {{kFile, toml + "[[routes]]\nsource = \"github\"\nevent_type = \"push\"\nwhere = [\"a = b\", \"c "
                               "exists\"]\nplatform = \"crm\"\nrename = \"built\"\n"}},
      .variables = {{"YIZHAN_ROUTE_2_EVENT_TYPE", "ping"}},
      .sets = {"routes.10.condition=d > 5, 6"}};
  const Loaded loaded = load_well(world);
  ASSERT_EQ(loaded.config.routes.size(), 12U);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(loaded.config.routes[i].name, std::to_string(i + 1));
  EXPECT_EQ(loaded.config.routes[1].event_type, "ping");
  EXPECT_THAT(loaded.config.routes[9].where, ElementsAre("d > 5, 6"));
  const Route& last = loaded.config.routes[11];
  EXPECT_EQ(last.source, "github");
  EXPECT_EQ(last.event_type, "push");
  EXPECT_THAT(last.where, ElementsAre("a = b", "c exists"));
  EXPECT_EQ(last.rename, "built");
  EXPECT_EQ(loaded.origins.at("routes.12.event_type").where, "./yizhan.toml:41");
}

TEST(Sources, AMisspeltKindIsOneProblem) {
  EXPECT_THAT(problems_of_toml("[sources.shop]\nkind = \"githib\"\n"),
              ElementsAre(problem("config_value_invalid",
                                  {"sources.shop.kind = \"githib\" (./yizhan.toml:2)", "Did you mean github?"})));
  const auto far_off = problems_of_toml("[sources.shop]\nkind = \"telephone\"\n");
  EXPECT_THAT(far_off, ElementsAre(problem("config_value_invalid", {"one of wxpay"})));
  EXPECT_THAT(far_off.front().message, Not(HasSubstr("Did you mean")));
  // What comes later takes its place.
  const auto mended = problems_of(
      {.files = {{kFile, "[sources.shop]\nkind = \"githib\"\n"}}, .variables = {{"YIZHAN_SOURCE_SHOP_KIND", "slack"}}});
  EXPECT_THAT(mended, ElementsAre(problem("config_value_invalid", {"githib"}),
                                  problem("config_value_invalid", {"sources.shop.secret", "the kind slack"})));
}

TEST(Routes, NameWhatThereIs) {
  EXPECT_THAT(problems_of_toml(kCrm + kGithub + "[[routes]]\nsource = \"gitlab\"\nplatform = \"erp\"\n"),
              ElementsAre(problem("config_value_invalid", {"routes.1.platform (./yizhan.toml:8)", "\"erp\"", "crm"}),
                          problem("config_value_invalid", {"routes.1.source", "\"gitlab\"", "github"})));
  EXPECT_THAT(problems_of_toml(kCrm + "[[routes]]\nevent_type = \"x\"\n"),
              ElementsAre(problem("config_value_invalid", {"routes.1.source", "must be set"}),
                          problem("config_value_invalid", {"routes.1.platform", "must be set"})));
  EXPECT_THAT(problems_of_toml("routes = 5\n"),
              ElementsAre(problem("config_value_invalid", {"routes (./yizhan.toml:1)", "[[routes]]"})));
  EXPECT_THAT(problems_of_toml(kCrm + "[[routes]]\nsource = \"*\"\nplatfrom = \"crm\"\nplatform = \"crm\"\n"),
              ElementsAre(problem("config_key_unknown", {"routes.1.\"platfrom\"", "Did you mean platform?"})));
  EXPECT_THAT(problems_of({.sets = {"routes.0.source=*"}}),
              ElementsAre(problem("config_key_unknown", {"routes.\"0\"", "1 to 1000"})));
  EXPECT_THAT(problems_of({.variables = {{"YIZHAN_ROUTE_X_SOURCE", "*"}}}),
              ElementsAre(problem("config_variable_unknown", {"YIZHAN_ROUTE_X_SOURCE"})));
}

}  // namespace
}  // namespace yizhan::config

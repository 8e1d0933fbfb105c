// Configured sources and routes as the receiver gets them.
#include "app/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/names.h"

namespace yizhan::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

config::Config load(const std::string& toml) {
  config::Inputs inputs;
  inputs.read_file = [&](const std::string& path) -> Result<std::string> {
    if (path == "./yizhan.toml") return toml;
    return fail("file_missing", "there is no such file");
  };
  auto loaded = config::load(inputs);
  if (!loaded) throw std::runtime_error(config::to_text(loaded.error()));
  return std::move(loaded->config);
}

const std::string kPlatform = "[platforms.crm]\nbase_url = \"https://crm.example\"\nsigning = \"none\"\n";

TEST(AppSources, EachListensAtItsPath) {
  const config::Config config = load(
      kPlatform +
      "ingress_secret = \"s\"\n"
      "[sources.shop]\nkind = \"wxpay\"\nmch_id = \"1\"\nsecret = \"192006250b4c09247ec02edce69f6a2d\"\n"
      "platform = \"crm\"\nreject_unfit = false\nrate_per_second = 5\nburst = 7\n"
      "[sources.easypay]\npid = \"1\"\nsecret = \"k\"\naccount = \"main\"\n"
      "[sources.express]\nsecret = \"k\"\n[sources.kuaidi100]\nsecret = \"k\"\n[sources.kdniao]\nsecret = \"k\"\n"
      "[sources.github]\nsecret = \"k\"\n[sources.stripe]\nsecret = \"whsec_k\"\n[sources.shopify]\nsecret = \"k\"\n"
      "[sources.slack]\nsecret = \"k\"\n[sources.sub2api]\nsecret = \"k\"\n[sources.newapi]\nsecret = \"k\"\n"
      "[sources.standard-webhooks]\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n"
      "[sources.x]\nkind = \"hmac\"\nsecret = \"k\"\n[sources.off]\nkind = \"hmac\"\nenabled = false\n");
  const auto sources = make_sources(config);
  ASSERT_TRUE(sources) << sources.error().message;
  std::map<std::string, std::vector<std::string>> paths;
  for (const auto& source : *sources) paths[source.options.name] = source.source->paths();
  EXPECT_EQ(paths.size(), 14U);
  EXPECT_THAT(paths["shop"], ElementsAre("/notify/wxpay/shop"));
  EXPECT_THAT(paths["easypay"], ElementsAre("/notify/easypay/main"));
  EXPECT_THAT(paths["crm-ingress"], ElementsAre("/api/v1/customer-service/platforms/crm/webhook"));
  EXPECT_THAT(paths["express"], ElementsAre("/webhook/express/status"));
  for (const std::string name :
       {"kuaidi100", "kdniao", "github", "stripe", "shopify", "slack", "sub2api", "newapi", "standard-webhooks", "x"}) {
    EXPECT_THAT(paths[name], ElementsAre("/in/" + name));
  }
  for (const auto& source : *sources) {
    if (source.options.name != "shop") continue;
    EXPECT_EQ(source.options.platform, "crm");
    EXPECT_FALSE(source.options.reject_unfit);
    EXPECT_EQ(source.options.rate, 5);
    EXPECT_EQ(source.options.burst, 7);
  }
}

TEST(AppSources, ErrorsNameTheSource) {
  const auto taken =
      make_sources(load("[sources.a]\nkind = \"github\"\nsecret = \"k\"\naccount = \"x\"\n"
                        "[sources.b]\nkind = \"slack\"\nsecret = \"k\"\naccount = \"x\"\n"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, "path_taken");
  EXPECT_THAT(taken.error().message, HasSubstr("sources.a and sources.b both listen at /in/x"));
  const auto secret = make_sources(load("[sources.standard-webhooks]\nsecret = \"plain\"\n"));
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().code, "secret_invalid");
  EXPECT_THAT(secret.error().message, HasSubstr("sources.standard-webhooks"));
}

TEST(AppSources, RoutesAreRead) {
  const config::Config config = load(
      kPlatform + "[[routes]]\nsource = \"*\"\nevent_type = \"push\"\nwhere = [\"a.b > 5\"]\nplatform = \"crm\"\n");
  const auto routes = make_routes(config);
  ASSERT_TRUE(routes) << routes.error().message;
  const auto to = routes->match("any", "push", R"({"a":{"b":6}})");
  ASSERT_EQ(to.size(), 1U);
  EXPECT_EQ(to[0].platform, "crm");
  EXPECT_EQ(to[0].event_type, "any.push");
  EXPECT_TRUE(routes->match("any", "push", R"({"a":{"b":5}})").empty());
  const auto wrong =
      make_routes(load(kPlatform + "[[routes]]\nsource = \"*\"\nwhere = [\"a b c\"]\nplatform = \"crm\"\n"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "condition_invalid");
  EXPECT_THAT(wrong.error().message, HasSubstr("routes.1.where"));
}

// Fault 42.
TEST(AppSources, WithoutASecretOnLoopbackOnly) {
  const config::Config open = load("[sources.express]\nenabled = true\n");
  EXPECT_TRUE(check_receiver({"127.0.0.1", 7201}, open));
  const auto refused = check_receiver({"0.0.0.0", 7201}, open);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "credentials_required");
  EXPECT_THAT(refused.error().message, HasSubstr("sources.express"));
  EXPECT_TRUE(check_receiver({"0.0.0.0", 7201}, load("[sources.express]\nsecret = \"k\"\n")));
  EXPECT_TRUE(check_receiver({"0.0.0.0", 7201}, load("[sources.express]\nenabled = false\n")));
}

}  // namespace
}  // namespace yizhan::app

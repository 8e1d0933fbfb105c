// What is shown tells everything but the secrets.
#include "config/show.h"

#include "config/setting.h"
#include "loading.h"

namespace yizhan::config {
namespace {

using testing::HasSubstr;
using testing::Not;

const ShownSetting& find(const std::vector<ShownSetting>& all, const std::string& key) {
  for (const ShownSetting& setting : all) {
    if (setting.key == key) return setting;
  }
  throw std::runtime_error("not shown: " + key);
}

TEST(Show, EverySettingWithWhereItCameFrom) {
  World world{.files = {{kFile, kCrm}},
              .variables = {{"AI_CS_PLATFORM_CRM_CALLBACK_TIMEOUT_MS", "4000"}, {"YIZHAN_LOG_LEVEL", "debug"}},
              .sets = {"outbound.allow=10.0.0.0/8"}};
  const auto all = shown_settings(load_well(world));
  EXPECT_EQ(all.size(), settings().size() + platform_settings().size());
  EXPECT_EQ(find(all, "listen.api").origin.kind, Origin::Kind::kDefault);
  EXPECT_EQ(find(all, "listen.api").value, "\"127.0.0.1:7401\"");
  EXPECT_EQ(find(all, "platforms.crm.base_url").origin.where, "./yizhan.toml:2");
  EXPECT_EQ(find(all, "platforms.crm.timeout_ms").origin.kind, Origin::Kind::kSeedVariable);
  EXPECT_EQ(find(all, "platforms.crm.timeout_ms").value, "4000");
  EXPECT_EQ(find(all, "log.level").origin.kind, Origin::Kind::kVariable);
  EXPECT_EQ(find(all, "outbound.allow").value, "[\"10.0.0.0/8\"]");
  EXPECT_EQ(find(all, "outbound.allow").origin.kind, Origin::Kind::kFlag);
  EXPECT_FALSE(find(all, "outbound.allow").masked);
}

TEST(Show, SecretsAreMasked) {
  const auto all =
      shown_settings(load_toml("[platforms.crm]\nsecrets = [\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"]\nheaders = { "
                               "Authorization = \"Bearer abcdefghijkl\" }\n"
                               "[store]\nurl = \"postgresql://u:canary@h/d\"\n"));
  EXPECT_EQ(find(all, "platforms.crm.secrets").value, "[\"whse…(38 characters)\"]");
  EXPECT_TRUE(find(all, "platforms.crm.secrets").masked);
  EXPECT_EQ(find(all, "platforms.crm.headers").value, "{ \"Authorization\" = \"Bear…(19 characters)\" }");
  EXPECT_EQ(find(all, "platforms.crm.headers").json, "{\"Authorization\":\"Bear…(19 characters)\"}");
  EXPECT_EQ(find(all, "store.url").value, "\"postgresql://u:…@h/d\"");
}

// Fault 40: the canary appears in nothing that is written, whether the configuration is right or wrong.
TEST(Show, NoSecretIsWrittenAnywhere) {
  const std::string canary = "KANARIENVOGEL";
  const std::string secret = "whse-" + canary + "-and-more";
  World world{.files = {{kFile, "[store]\nurl = \"postgresql://u:" + canary +
                                    "@h/d\"\n[platforms.crm]\nsigning = \"x-cs\"\nsecrets = [\"" + secret +
                                    "\"]\ningress_secret = \"" + secret + "\"\nheaders = { X-A = \"x-y-" + secret +
                                    "\" }\n" + "[sources.wxpay]\nmch_id = \"1\"\nsecret = \"" + secret +
                                    "\"\napi_v3_key = \"" + secret + "\"\ncertificate_file = \"c.pem\"\n"},
                        {"c.pem", "certificate"}},
              .variables = {{"WEBHOOK_SECRET", secret}}};
  const Loaded loaded = load_well(world);
  EXPECT_EQ(loaded.config.sources.size(), 3U);
  EXPECT_THAT(show_text(loaded), Not(HasSubstr(canary)));
  EXPECT_THAT(show_json(loaded), Not(HasSubstr(canary)));

  World wrong{
      .files = {{kFile, "[store]\nurl = \"postgres-ql://u:" + canary + "@h/d\"\n[platforms.crm]\nsecrets = [\" " +
                            secret + "\"]\ningress_secret = \"" + secret + "\\n\"\nheaders = { X-A = \"" + secret +
                            "\\n\" }\n"
                            "[platforms.erp]\nsecret = \"" +
                            secret + "\"\n[platforms.abc]\nsecrets = \"" + secret + "\"\n"}},
      .variables = {{"YIZHAN_STORE", "mysql://u:" + canary + "@h"},
                    {"AI_CS_PLATFORM_X_CALLBACK_SECRET", secret},
                    {"YIZHAN_PLATFORM_X_HEADERS", "X-A:" + secret},
                    {"YIZHAN_SOURCE_WXPAY_SECRETS", secret + ",,"},
                    {"YIZHAN_SOURCE_WXPAY_API_V3_KEY", " " + secret + "\n"}}};
  const Problems problems = problems_of(wrong);
  EXPECT_GE(problems.size(), 10U);
  EXPECT_THAT(to_text(problems), Not(HasSubstr(canary)));
}

TEST(Show, TextHasOneSettingALine) {
  const Loaded loaded = load_toml(kCrm);
  const std::string text = show_text(loaded);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')), shown_settings(loaded).size());
  EXPECT_THAT(text, HasSubstr("./yizhan.toml:2\n"));
}

TEST(Show, JsonNamesFileSourceAndWarnings) {
  const std::string json = show_json(load_toml(kCrm + "hmac_prefix = \"x\"\n"));
  EXPECT_TRUE(
      json.starts_with("{\"file\":\"./yizhan.toml\",\"settings\":[{\"key\":\"data_dir\",\"value\":\"./yizhan-data\","
                       "\"source\":\"default\",\"where\":\"\",\"masked\":false}"))
      << json;
  EXPECT_THAT(json, HasSubstr("\"warnings\":[\"platforms.crm.hmac_prefix (./yizhan.toml:4): has no effect"));
}

}  // namespace
}  // namespace yizhan::config

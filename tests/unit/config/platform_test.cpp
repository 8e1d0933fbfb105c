// What must hold between the settings of one platform, and the defaults that depend on others.
#include "loading.h"

namespace yizhan::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kWebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

Platform platform_of(const std::string& toml) {
  return load_toml("[platforms.crm]\n" + toml).config.platforms.at(0);
}
Problems problems_with(const std::string& toml) {
  return problems_of_toml("[platforms.crm]\n" + toml);
}

TEST(Platform, ASectionIsEnoughToMakeOne) {
  const Loaded loaded = load_toml("[platforms.crm]\nenabled = false\n[platforms.abc]\nenabled = false\n");
  ASSERT_EQ(loaded.config.platforms.size(), 2U);
  EXPECT_EQ(loaded.config.platforms[0].name, "abc");
  EXPECT_NE(loaded.config.find_platform("crm"), nullptr);
  EXPECT_EQ(loaded.config.find_platform("erp"), nullptr);
}

TEST(Platform, SigningIsXCsForTheSeedsPlatformsAndStandardWebhooksForOthers) {
  const Loaded loaded = load_toml("[platforms.crm]\nsecret = \"" + kWebhookSecret +
                                  "\"\n[platforms.newapi]\nsecret = \"s\"\n[platforms.sub2api]\nsecret = \"s\"\n");
  EXPECT_EQ(loaded.config.find_platform("crm")->signing.scheme, SigningScheme::kStandardWebhooks);
  EXPECT_EQ(loaded.config.find_platform("crm")->event_id_header, "webhook-id");
  EXPECT_EQ(loaded.config.find_platform("crm")->signing.signature_header, "");
  for (const char* name : {"sub2api", "newapi"}) {
    EXPECT_EQ(loaded.config.find_platform(name)->signing.scheme, SigningScheme::kXCs);
    EXPECT_EQ(loaded.config.find_platform(name)->event_id_header, "X-Yizhan-Event-Id");
    EXPECT_EQ(loaded.config.find_platform(name)->signing.signature_header, "X-CS-Signature");
  }
}

TEST(Platform, SignatureHeadersByScheme) {
  EXPECT_EQ(platform_of("signing = \"hmac\"\nsecret = \"s\"\n").signing.signature_header, "X-Signature");
  EXPECT_EQ(platform_of("signing = \"webhook-signature\"\nsecret = \"s\"\n").signing.signature_header,
            "X-Webhook-Signature");
  EXPECT_EQ(platform_of("signing = \"hmac\"\nsecret = \"s\"\nsignature_header = \"X-Hub-Signature-256\"\n")
                .signing.signature_header,
            "X-Hub-Signature-256");
  EXPECT_THAT(problems_with("signing = \"hmac\"\nsecret = \"s\"\nsignature_header = \"\"\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.signature_header", "must not be empty"})));
}

TEST(Platform, OneThatSignsNeedsASecretWhenItServes) {
  EXPECT_THAT(problems_with("base_url = \"https://a.example\"\n"),
              ElementsAre(problem("config_value_invalid",
                                  {"platforms.crm.secrets", "YIZHAN_PLATFORM_CRM_SECRET", "platforms.crm.signing"})));
  EXPECT_THAT(problems_with("enabled = false\n"), IsEmpty());
  EXPECT_THAT(problems_with("signing = \"none\"\n"), IsEmpty());
  // A command beside the service need not know it.
  EXPECT_THAT(problems_of({.files = {{kFile, "[platforms.crm]\n"}}, .serving = false}), IsEmpty());
}

TEST(Platform, SecretsFitTheScheme) {
  EXPECT_THAT(problems_with("secrets = [\"" + kWebhookSecret + "\", \"callback-secret-1234\"]\n"),
              ElementsAre(problem("config_value_invalid", {"call…(20 characters)", "base64 of 24 to 64", "x-cs"})));
  EXPECT_THAT(problems_with("signing = \"standard-webhooks-v1a\"\nsecret = \"" + kWebhookSecret + "\"\n"),
              ElementsAre(problem("config_value_invalid", {"whsk_"})));
  EXPECT_THAT(problems_with("signing = \"standard-webhooks-v1a\"\nsecret = \"whsk_6Xb/"
                            "dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==\"\n"),
              IsEmpty());
}

TEST(Platform, SecretsComeFromListsAndFiles) {
  World world{
      .files = {{kFile, "[platforms.crm]\nsigning = \"x-cs\"\nsecrets = [\"a\", \"b\"]\nsecret_file = \"s1\"\n"},
                {"s1", "from file\r\n"},
                {"s2", "other"}}};
  EXPECT_THAT(load_well(world).config.platforms.at(0).signing.secrets, ElementsAre("a", "b", "from file"));
  // A later source that gives either replaces both.
  world.variables = {{"YIZHAN_PLATFORM_CRM_SECRET_FILES", "s2,s1"}};
  EXPECT_THAT(load_well(world).config.platforms.at(0).signing.secrets, ElementsAre("other", "from file"));
  world.variables = {{"YIZHAN_PLATFORM_CRM_SECRET", "c,d"}};
  const Loaded loaded = load_well(world);
  EXPECT_THAT(loaded.config.platforms.at(0).signing.secrets, ElementsAre("c,d"));
  EXPECT_THAT(loaded.config.platforms.at(0).signing.secret_files, IsEmpty());
  world.variables = {{"YIZHAN_PLATFORM_CRM_SECRETS", "c,d"}};
  EXPECT_THAT(load_well(world).config.platforms.at(0).signing.secrets, ElementsAre("c", "d"));
}

TEST(Platform, ASecretFromAFileKnowsWhereItIsFrom) {
  World world{.files = {{kFile, kCrm}, {"s1", "secret"}},
              .sets = {"platforms.crm.signing=x-cs", "platforms.crm.secret_file=s1"}};
  EXPECT_EQ(load_well(world).origins.at("platforms.crm.secrets").where, "--set");
}

TEST(Platform, SecretFilesMustHoldOneSecret) {
  World world{
      .files = {{kFile, kCrm + "secret_files = [\"none\", \"empty\", \"two\"]\n"}, {"empty", "\n"}, {"two", "a\nb"}}};
  EXPECT_THAT(problems_of(world),
              ElementsAre(problem("config_file_unreadable", {"platforms.crm.secret_files", "none", "no such file"}),
                          problem("config_value_invalid", {"platforms.crm.secret_files", "empty", "one line"}),
                          problem("config_value_invalid", {"platforms.crm.secret_files", "two", "one line"})));
}

TEST(Platform, SecretAndSecretsAreTwoNamesOfOneSetting) {
  EXPECT_THAT(
      problems_with("signing = \"x-cs\"\nsecret = \"a\"\nsecrets = [\"b\"]\n"),
      ElementsAre(problem("config_value_invalid", {"platforms.crm.secrets", "./yizhan.toml:4", "./yizhan.toml:3"})));
}

TEST(Platform, HmacOptionsBelongToHmac) {
  const Platform platform = platform_of(
      "signing = \"hmac\"\nsecret = \"s\"\nhmac_prefix = \"sha512=\"\nhmac_algorithm = \"sha512\"\n"
      "hmac_encoding = \"base64\"\nhmac_timestamp_header = \"X-Time\"\nhmac_signed_text = \"{timestamp}.{body}\"\n");
  EXPECT_EQ(platform.signing.hmac.prefix, "sha512=");
  EXPECT_EQ(platform.signing.hmac.algorithm, HmacAlgorithm::kSha512);
  EXPECT_EQ(platform.signing.hmac.encoding, HmacEncoding::kBase64);
  EXPECT_EQ(platform.signing.hmac.timestamp_header, "X-Time");
  EXPECT_EQ(platform.signing.hmac.signed_text, "{timestamp}.{body}");

  EXPECT_THAT(problems_with("signing = \"hmac\"\nsecret = \"s\"\nhmac_signed_text = \"{timestamp}.{body}\"\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.hmac_timestamp_header", "must be set"})));

  const Loaded other = load_toml("[platforms.crm]\nsigning = \"none\"\nhmac_timestamp_header = \"X-Time\"\n");
  EXPECT_THAT(other.warnings, ElementsAre(HasSubstr("platforms.crm.hmac_timestamp_header")));
  EXPECT_EQ(other.config.platforms.at(0).signing.hmac.timestamp_header, "");
}

TEST(Platform, ExtraHeadersNeverMeetTheServicesOwn) {
  const Platform platform =
      platform_of("signing = \"none\"\nheaders = { X-Tenant = \"7\", Authorization = \"Bearer x\" }\n");
  EXPECT_EQ(platform.headers.size(), 2U);
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "Connection", "Content-Type", "Webhook-Id",
                           "WEBHOOK-SIGNATURE", "x-yizhan-event-id", "X-Type", "X-CS-Timestamp", "x-cs-signature"}) {
    EXPECT_THAT(problems_with(
                    std::string("signing = \"x-cs\"\nsecret = \"s\"\nevent_type_header = \"X-Type\"\nheaders = { \"") +
                    name + "\" = \"1\" }\n"),
                ElementsAre(problem("config_value_invalid", {"platforms.crm.headers", name, "service itself"})));
  }
  EXPECT_THAT(problems_with("signing = \"none\"\nheaders = { X-A = \"1\", x-a = \"2\" }\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.headers", "given twice"})));
}

TEST(Platform, HeadersCannotSmuggleLines) {
  EXPECT_THAT(problems_with("signing = \"none\"\nheaders = { X-A = \"1\\r\\nX-B: 2\" }\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.headers", "\"X-A\""})));
  EXPECT_THAT(problems_with("signing = \"none\"\nheaders = { \"X-A: 1\\r\\nX-B\" = \"1\" }\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.headers", "name"})));
  EXPECT_THAT(problems_with("signing = \"none\"\ncontent_type = \"a/b\\r\\nX: y\"\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.content_type", "media type"})));
}

TEST(Platform, OwnHeadersDifferFromEachOther) {
  EXPECT_THAT(problems_with("signing = \"none\"\nevent_id_header = \"X-A\"\nevent_type_header = \"x-a\"\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.event_type_header", "x-a"})));
  EXPECT_THAT(problems_with("signing = \"x-cs\"\nsecret = \"s\"\nevent_type_header = \"x-cs-timestamp\"\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.event_type_header"})));
  EXPECT_THAT(problems_with("signing = \"none\"\nevent_type_header = \"Content-Length\"\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.event_type_header", "service itself"})));
  EXPECT_EQ(platform_of("signing = \"none\"\nevent_id_header = \"Webhook-Id\"\n").event_id_header, "Webhook-Id");
}

TEST(Platform, PairsGoTogether) {
  EXPECT_THAT(problems_with("signing = \"none\"\nclient_certificate_file = \"c.pem\"\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.client_key_file", "must be set too"})));
  EXPECT_THAT(problems_with("signing = \"none\"\nbreaker_open_ms = \"10m\"\n"),
              ElementsAre(problem("config_value_invalid", {"platforms.crm.breaker_open_max_ms", "600000"})));
}

TEST(Platform, BoundsOfTheRunbooksFive) {
  const auto refused = [](const std::string& line) { return problems_with("signing = \"none\"\n" + line).size() == 1; };
  for (const char* line : {"timeout_ms = 99", "timeout_ms = 300001", "max_retries = -1", "max_retries = 101",
                           "poll_interval_ms = 49", "poll_interval_ms = 3600001", "batch_size = 0", "batch_size = 1001",
                           "retry_schedule_sec = []", "retry_schedule_sec = [-1]", "retry_schedule_sec = [604801]"}) {
    EXPECT_TRUE(refused(line)) << line;
  }
  for (const char* line : {"timeout_ms = 100", "timeout_ms = 300000", "max_retries = 0", "max_retries = 100",
                           "poll_interval_ms = 50", "poll_interval_ms = 3600000", "batch_size = 1", "batch_size = 1000",
                           "retry_schedule_sec = [0]", "retry_schedule_sec = [\"7d\"]"}) {
    EXPECT_FALSE(refused(line)) << line;
  }
}

TEST(Platforms, ASecretOfTheSeedMeansItsSignature) {
  // Any platform's: its consumers check the seed's signature. A secret of ours says nothing of them.
  const Loaded loaded =
      load_well({.variables = {{"AI_CS_PLATFORM_ERP_CALLBACK_SECRET", "callback-secret"},
                               {"YIZHAN_PLATFORM_CRM_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}});
  EXPECT_EQ(loaded.config.find_platform("erp")->signing.scheme, SigningScheme::kXCs);
  EXPECT_EQ(loaded.config.find_platform("crm")->signing.scheme, SigningScheme::kStandardWebhooks);
}

}  // namespace
}  // namespace yizhan::config

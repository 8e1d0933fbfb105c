// [alert_channels.<name>]: what each kind needs, and what it gets by itself.
#include "config/alert_channel_kinds.h"
#include "config/setting.h"
#include "config/show.h"
#include "loading.h"

namespace yizhan::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

AlertChannel channel_of(const std::string& toml) {
  return load_toml(toml).config.alert_channels.at(0);
}

TEST(AlertChannels, ARobotNeedsItsToken) {
  const AlertChannel channel =
      channel_of("[alert_channels.ops]\nkind = \"dingtalk\"\ntoken = \"t-1\"\nsecret = \"SEC1\"\n");
  EXPECT_EQ(channel.kind, AlertChannelKind::kDingtalk);
  EXPECT_EQ(channel.token, "t-1");
  EXPECT_THAT(channel.secrets, ElementsAre("SEC1"));
  EXPECT_DOUBLE_EQ(channel.policy.rate_per_second, 18.0 / 60);
  EXPECT_EQ(channel.policy.in_flight_cap, 1);
  EXPECT_EQ(channel.throttled_pause, Seconds{600});
  for (const char* kind : {"dingtalk", "feishu", "wecom"}) {
    const std::string head = std::string("[alert_channels.ops]\nkind = \"") + kind + "\"\n";
    EXPECT_THAT(problems_of_toml(head),
                ElementsAre(problem("config_value_invalid",
                                    {"alert_channels.ops.token", "must be set", "YIZHAN_ALERT_CHANNEL_OPS_TOKEN"})));
    EXPECT_THAT(problems_of_toml(head + "url = \"https://robot.example/send?key=abc\"\n"), IsEmpty());
    EXPECT_THAT(problems_of_toml(head + "enabled = false\n"), IsEmpty()) << "half set up";
  }
}

TEST(AlertChannels, MailIsNeverWithoutTls) {
  const std::string mail =
      "[alert_channels.mail]\nhost = \"smtp.example\"\nfrom = \"yizhan@example.com\"\nto = [\"ops@example.com\"]\n";
  EXPECT_EQ(channel_of(mail).kind, AlertChannelKind::kMail) << "the name is a kind";
  EXPECT_EQ(channel_of(mail).port, 587);
  EXPECT_EQ(channel_of(mail + "tls = \"implicit\"\n").port, 465);
  EXPECT_EQ(channel_of(mail + "port = 2525\n").port, 2525);
  EXPECT_EQ(channel_of(mail).policy.timeout, Milliseconds{30'000});
  EXPECT_THAT(problems_of_toml(mail + "tls = \"none\"\n"), Contains(problem("config_value_invalid", {"tls"})));
  EXPECT_THAT(problems_of_toml(mail + "user = \"u\"\n"), Contains(problem("config_value_invalid", {"password"})));
  EXPECT_THAT(problems_of_toml("[alert_channels.mail]\nenabled = true\n"),
              ElementsAre(problem("config_value_invalid", {"host"}), problem("config_value_invalid", {"from"}),
                          problem("config_value_invalid", {"to"})));
}

TEST(AlertChannels, AnAddressIsAnAddressAlone) {
  for (const char* address : {"a b@example.com", "a@example.com, b@example.com", "a@exam ple.com", "<a@example.com>",
                              "nobody", "a@", "@example.com", "a@example.com>", "运维@example.com"}) {
    EXPECT_THAT(
        problems_of_toml(std::string("[alert_channels.mail]\nhost = \"h\"\nto = [\"o@example.com\"]\nfrom = \"") +
                         address + "\"\n"),
        Contains(problem("config_value_invalid", {"alert_channels.mail.from"})))
        << address;
  }
}

TEST(AlertChannels, SmsNeedsWhatWasApproved) {
  EXPECT_EQ(problems_of_toml("[alert_channels.sms]\nenabled = true\n").size(), 5U);
  const AlertChannel channel = channel_of(
      "[alert_channels.sms]\naccess_key_id = \"LTAI1\"\naccess_key_secret = \"s3cret\"\nphone_numbers = "
      "[\"13800000000\"]\n"
      "sign_name = \"驿站\"\ntemplate_code = \"SMS_1\"\ntemplate_parameters = { what = \"title\" }\n");
  EXPECT_THAT(channel.template_parameters, ElementsAre(testing::Pair("what", "title")));
  EXPECT_THAT(problems_of_toml("[alert_channels.sms]\nenabled = false\ntemplate_parameters = { what = \"weather\" }\n"),
              Contains(problem("config_value_invalid", {"template_parameters"})));
}

TEST(AlertChannels, AWebhookIsSignedWhereItHasASecret) {
  const std::string head = "[alert_channels.hook]\nkind = \"webhook\"\nurl = \"https://hook.example/a\"\n";
  EXPECT_EQ(channel_of(head).signing, SigningScheme::kNone);
  EXPECT_EQ(channel_of(head + "secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n").signing,
            SigningScheme::kStandardWebhooks);
  EXPECT_THAT(problems_of_toml(head + "signing = \"x-cs\"\n"),
              ElementsAre(problem("config_value_invalid", {"alert_channels.hook.secret", "x-cs"})));
}

TEST(AlertChannels, SecretsMayStandInFilesAndAreMasked) {
  const Loaded loaded =
      load_well({.files = {{kFile,
                            "[alert_channels.mail]\nhost = \"h\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\n"
                            "user = \"u\"\npassword_file = \"pw\"\n[alert_channels.ding]\nkind = \"dingtalk\"\n"
                            "url = \"https://gateway.example/robot?access_token=canary-in-url-0123456789\"\n"},
                           {"pw", "canary-password-0123456789\n"}}});
  EXPECT_EQ(loaded.config.alert_channels.at(1).password, "canary-password-0123456789");
  for (const std::string& shown : {show_text(loaded), show_json(loaded)}) {
    EXPECT_THAT(shown, Not(HasSubstr("canary-password-0123456789")));
    EXPECT_THAT(shown, Not(HasSubstr("canary-in-url")));
  }
}

TEST(AlertChannels, WhatIsOfAnotherKindHasNoEffect) {
  const Loaded loaded = load_toml("[alert_channels.wecom]\ntoken = \"k\"\nhost = \"smtp.example\"\nsecret = \"s\"\n");
  EXPECT_EQ(loaded.config.alert_channels.at(0).host, "");
  EXPECT_THAT(loaded.config.alert_channels.at(0).secrets, IsEmpty());
  EXPECT_EQ(loaded.warnings.size(), 2U);
}

TEST(AlertChannels, HaveAKind) {
  EXPECT_THAT(problems_of_toml("[alert_channels.ops]\nenabled = true\n"),
              ElementsAre(problem("config_value_invalid", {"alert_channels.ops.kind", "dingtalk"})));
  EXPECT_THAT(problems_of_toml("[alert_channels.ops]\nkind = \"dingtak\"\n"),
              ElementsAre(problem("config_value_invalid", {"alert_channels.ops.kind", "Did you mean dingtalk?"})));
  EXPECT_EQ(
      load_well({.variables = {{"YIZHAN_ALERT_CHANNEL_OPS_KIND", "wecom"}, {"YIZHAN_ALERT_CHANNEL_OPS_TOKEN", "k"}}})
          .config.alert_channels.at(0)
          .token,
      "k");
}

TEST(AlertChannelKinds, EachNamesSettingsThatExist) {
  for (const AlertChannelKindFacts& facts : alert_channel_kinds()) {
    for (const std::string_view key : facts.own_settings) {
      EXPECT_TRUE(std::ranges::any_of(alert_channel_settings(), [key](const auto& each) { return each.key == key; }))
          << key;
    }
  }
}

}  // namespace
}  // namespace yizhan::config

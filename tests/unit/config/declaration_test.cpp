// What holds for every declaration: names that work in each source, defaults within their own bounds, fields of their
// own.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "config/documents.h"
#include "config/setting.h"
#include "loading.h"

namespace yizhan::config {
namespace {

/// One platform, source, route and template of which little was said.
const Config& plain() {
  static const Config kPlain =
      load_well({.sets = {"platforms.crm.enabled=true", "sources.github.enabled=true", "routes.1.source=*",
                          "routes.1.platform=crm", "notify_templates.1.status=*", "alert_channels.ops.kind=dingtalk"},
                 .serving = false})
          .config;
  return kPlain;
}

/// A value that the setting takes and that differs from the one given.
template <class Owner>
Value another_value(const Setting<Owner>& setting, const Value& current) {
  for (const char* text : {"true",
                           "false",
                           "1",
                           "2",
                           "1048577",
                           "0.25",
                           "debug",
                           "hmac",
                           "base64",
                           "sha1",
                           "standard",
                           "receive",
                           "a/b",
                           "sqlite:x",
                           "64",
                           "1.2.3.4:5",
                           "1234",
                           "x{body}",
                           "X-A=1",
                           "https://b.example",
                           "10.0.0.1",
                           "whatever.pem",
                           "stripe",
                           "github",
                           "en",
                           "getui",
                           "user",
                           "zh",
                           "mail",
                           "implicit",
                           "ops@example.com",
                           "a=rule",
                           "stdout",
                           "file",
                           "all"}) {
    const auto value = parse_text(setting.kind, text);
    if (value && *value != current) return *value;
  }
  throw std::runtime_error("no other value for " + std::string(setting.key));
}

template <class Owner>
void check_fields(const std::vector<Setting<Owner>>& all, const Owner& plain) {
  for (const auto& setting : all) {
    const Value before = setting.field.read(plain);
    Owner changed = plain;
    const Value other = another_value(setting, before);
    setting.field.write(changed, other);
    EXPECT_EQ(setting.field.read(changed), other) << setting.key;
    for (const auto& neighbour : all) {
      if (neighbour.key != setting.key) {
        EXPECT_EQ(neighbour.field.read(changed), neighbour.field.read(plain)) << setting.key << " " << neighbour.key;
      }
    }
  }
}

TEST(Declarations, EachHasAFieldOfItsOwn) {
  check_fields(settings(), plain());
  check_fields(platform_settings(), plain().platforms.at(0));
  check_fields(source_settings(), plain().sources.at(0));
  check_fields(route_settings(), plain().routes.at(0));
  check_fields(notify_template_settings(), plain().notify_templates.at(0));
  check_fields(alert_channel_settings(), plain().alert_channels.at(0));
}

template <class Owner>
void check_defaults(const std::vector<Setting<Owner>>& all, const Owner& plain) {
  for (const auto& setting : all) {
    const Value value = setting.field.read(plain);
    EXPECT_EQ(parse_text(setting.kind, text_form(value)), value) << setting.key;
    EXPECT_EQ(parse_toml(setting.kind, value), value) << setting.key;
  }
}

TEST(Declarations, DefaultsAreAllowed) {
  check_defaults(settings(), plain());
  check_defaults(platform_settings(), plain().platforms.at(0));
  check_defaults(source_settings(), plain().sources.at(0));
  check_defaults(route_settings(), plain().routes.at(0));
  check_defaults(notify_template_settings(), plain().notify_templates.at(0));
  check_defaults(alert_channel_settings(), plain().alert_channels.at(0));
}

TEST(Declarations, UnitsStandInTheNames) {
  const auto check = [](const auto& all) {
    for (const auto& setting : all) {
      Unit unit = Unit::kNone;
      if (const auto* whole = std::get_if<IntegerKind>(&setting.kind)) unit = whole->unit;
      if (const auto* list = std::get_if<IntegerListKind>(&setting.kind)) unit = list->unit;
      EXPECT_EQ(setting.key.ends_with("_ms"), unit == Unit::kMilliseconds) << setting.key;
      EXPECT_EQ(setting.key.ends_with("_sec") || setting.key.ends_with("_seconds"), unit == Unit::kSeconds)
          << setting.key;
    }
  };
  check(settings());
  check(platform_settings());
  check(source_settings());
  check(route_settings());
  check(notify_template_settings());
  check(alert_channel_settings());
}

TEST(Declarations, NoTwoShareAName) {
  std::set<std::string> keys;
  std::set<std::string> variables{"YIZHAN_CONFIG", "YIZHAN_API_URL", "YIZHAN_API_KEY", "YIZHAN_FAIL_POINT"};
  std::set<std::string> flags;
  for (const SettingDescription& setting : describe_settings()) {
    EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
    EXPECT_TRUE(variables.insert(setting.variable).second) << setting.variable;
    for (const std::string& name : setting.seed_variables) {
      EXPECT_TRUE(variables.insert(name).second) << name;
    }
    if (!setting.flag.empty()) {
      EXPECT_TRUE(flags.insert(setting.flag).second) << setting.flag;
    }
  }
}

TEST(Declarations, EachIsExplained) {
  for (const SettingDescription& setting : describe_settings()) {
    EXPECT_GT(setting.help.size(), 15U) << setting.key;
    EXPECT_TRUE(setting.help.ends_with('.')) << setting.key;
  }
}

TEST(Declarations, WhatLooksSecretIsSecret) {
  for (const SettingDescription& setting : describe_settings()) {
    const bool looks_secret = setting.key.ends_with("secret") || setting.key.ends_with("secrets") ||
                              setting.key.ends_with("headers") || setting.key.ends_with("api_v3_keys") ||
                              setting.key.ends_with("token") || setting.key.ends_with("supa_key") ||
                              setting.key.ends_with("password") || setting.key == "store.url" ||
                              setting.key == "alert_channels.<name>.url" || setting.key == "alerts.heartbeat_url" ||
                              setting.key == "push.cloud_function_url" || setting.key == "platforms.<name>.base_url";
    EXPECT_EQ(setting.secret, looks_secret) << setting.key;
  }
}

}  // namespace
}  // namespace yizhan::config

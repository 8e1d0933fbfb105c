#include "config/alert_channel_kinds.h"

#include <algorithm>

namespace yizhan::config {
namespace {

const std::vector<AlertChannelKindFacts>& all_channel_kinds() {
  static const std::vector<AlertChannelKindFacts> kKinds{
      // Twenty a minute; a bucket of one more goes through at its beginning.
      {.kind = AlertChannelKind::kDingtalk,
       .needs =
           "`token`: the `access_token` of the robot's webhook, or `url`: all of it; `secret` where the robot signs",
       .own_settings = {"url", "token", "token_file", "secrets", "secret_files", "at_mobiles"},
       .rate_per_minute = 18,
       .throttled_pause = Seconds{600},
       .timeout = Milliseconds{10'000}},
      {.kind = AlertChannelKind::kFeishu,
       .needs = "`token`: the last part of the bot's webhook, or `url`: all of it; `secret` where the bot signs",
       .own_settings = {"url", "token", "token_file", "secrets", "secret_files"},
       .rate_per_minute = 90,
       .throttled_pause = Seconds{60},
       .timeout = Milliseconds{10'000}},
      {.kind = AlertChannelKind::kWecom,
       .needs = "`token`: the `key` of the robot's webhook, or `url`: all of it",
       .own_settings = {"url", "token", "token_file"},
       .rate_per_minute = 18,
       .throttled_pause = Seconds{60},
       .timeout = Milliseconds{10'000}},
      {.kind = AlertChannelKind::kMail,
       .needs = "`host`, `from`, `to`; `user` and `password` where the server asks for them",
       .own_settings = {"host", "port", "tls", "user", "password", "password_file", "from", "to"},
       .rate_per_minute = 30,
       .throttled_pause = Seconds{60},
       .timeout = Milliseconds{30'000}},
      {.kind = AlertChannelKind::kSms,
       .needs = "`access_key_id`, `access_key_secret`, `phone_numbers`, `sign_name`, `template_code`",
       .own_settings = {"url", "access_key_id", "access_key_secret", "access_key_secret_file", "phone_numbers",
                        "sign_name", "template_code", "template_parameters"},
       .rate_per_minute = 6,
       .throttled_pause = Seconds{3600},
       .timeout = Milliseconds{10'000}},
      {.kind = AlertChannelKind::kWebhook,
       .needs = "`url`; `secret` where it is to be signed",
       .own_settings = {"url", "secrets", "secret_files", "signing"},
       .rate_per_minute = 60,
       .throttled_pause = Seconds{60},
       .timeout = Milliseconds{10'000}},
  };
  return kKinds;
}

}  // namespace

std::span<const AlertChannelKindFacts> alert_channel_kinds() {
  return all_channel_kinds();
}

const AlertChannelKindFacts& facts_of(AlertChannelKind kind) {
  return *std::ranges::find(all_channel_kinds(), kind, &AlertChannelKindFacts::kind);
}

bool is_of_some_alert_channel_kinds(std::string_view key) {
  return std::ranges::any_of(all_channel_kinds(), [key](const AlertChannelKindFacts& facts) {
    return std::ranges::find(facts.own_settings, key) != facts.own_settings.end();
  });
}

}  // namespace yizhan::config

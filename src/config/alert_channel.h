// Where operators are told, as it is configured: the tables [alert_channels.<name>]. What is made of them is in
// app/alert_channels.h; alert_channel_kinds.h says which kind needs what.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/notify.h"
#include "domain/policy.h"
#include "domain/signing_scheme.h"

namespace yizhan::config {

enum class AlertChannelKind { kDingtalk, kFeishu, kWecom, kMail, kSms, kWebhook };

enum class MailTls { kStartTls, kImplicit };

struct AlertChannel {
  std::string name;  ///< lower-case letters, digits, `-`, `_`; its events have the platform `alert:<name>`
  AlertChannelKind kind = AlertChannelKind::kWebhook;
  bool enabled = true;
  NotifyLanguage language = NotifyLanguage::kEnglish;

  // After load(): rate_per_second is that of rate_per_minute, timeout the kind's where none was given.
  DeliveryPolicy policy{.max_retries = 20, .batch_size = 4, .in_flight_cap = 1};
  double rate_per_minute = 0;  ///< 0: no limit; after load() the kind's where none was given
  Seconds throttled_pause{60};
  std::vector<std::string> outbound_allow;  ///< networks that it may be in, beside outbound.allow
  std::string ca_file;                      ///< PEM; empty: the system's authorities

  std::string url;    ///< empty: the provider's own
  std::string token;  ///< DingTalk's access_token, WeCom's key, the last part of Feishu's URL
  std::string token_file;
  std::vector<std::string> secrets;  ///< signs: the robot's, the webhook's
  std::vector<std::string> secret_files;
  SigningScheme signing = SigningScheme::kNone;  ///< of a webhook
  std::vector<std::string> at_mobiles;

  std::string host;
  std::uint16_t port = 0;  ///< after load() never 0
  MailTls tls = MailTls::kStartTls;
  std::string user;
  std::string password;
  std::string password_file;
  std::string from;
  std::vector<std::string> to;

  std::string access_key_id;
  std::string access_key_secret;
  std::string access_key_secret_file;
  std::vector<std::string> phone_numbers;
  std::string sign_name;
  std::string template_code;
  /// The template's variables, each with what goes into it.
  std::vector<std::pair<std::string, std::string>> template_parameters{{"title", "title"}, {"count", "count"}};
};

}  // namespace yizhan::config

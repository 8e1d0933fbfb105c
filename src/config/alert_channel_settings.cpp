// The declarations of what an alert channel may be told: the tables [alert_channels.<name>].
#include "config/setting.h"

namespace yizhan::config {
namespace {

std::vector<Setting<AlertChannel>> declare() {
  constexpr std::int64_t kDay = 86'400;
  return {
      {.key = "kind",
       .kind = choice_of<AlertChannelKind>(),
       .field = at(&AlertChannel::kind),
       .help = "What it is: a robot of DingTalk, Feishu (or Lark) or WeCom, mail, Alibaba Cloud's SMS, or any webhook.",
       .default_note = "the channel's name, where that is a kind"},
      {.key = "enabled",
       .kind = BooleanKind{},
       .field = at(&AlertChannel::enabled),
       .help = "Whether alerts are sent to it. Alerts for a channel that is not enabled wait."},
      {.key = "language",
       .kind = choice_of<NotifyLanguage>(),
       .field = at(&AlertChannel::language),
       .help = "The language of its messages: `zh` or `en`. A webhook gets JSON."},
      {.key = "rate_per_minute",
       .kind = RealKind{0, 6000},
       .field = at(&AlertChannel::rate_per_minute),
       .help = "Messages a minute; more wait. 0 means no limit. Where several nodes send, each has this rate.",
       .default_note =
           "a little less than the provider takes: 18 for dingtalk and wecom, 90 for feishu, 30 for mail, 6 "
           "for sms, 60 for webhook"},
      {.key = "throttled_pause_sec",
       .kind = seconds(1, kDay),
       .field = at(&AlertChannel::throttled_pause),
       .help = "How long nothing is sent after the provider said that there were too many.",
       .default_note = "600 for dingtalk, which mutes for so long; 3600 for sms; 60 for others"},
      {.key = "timeout_ms",
       .kind = milliseconds(100, 300'000),
       .field = at(&AlertChannel::policy, &DeliveryPolicy::timeout),
       .help = "One deadline for a whole attempt.",
       .default_note = "`30000` for mail, `10000` for others"},
      {.key = "max_retries",
       .kind = whole_number(0, 1000),
       .field = at(&AlertChannel::policy, &DeliveryPolicy::max_retries),
       .help = "Attempts after the first. When all have failed the alert becomes a dead letter."},
      {.key = "retry_schedule_sec",
       .kind = IntegerListKind{0, 7 * kDay, Unit::kSeconds, 1, 100},
       .field = at(&AlertChannel::policy, &DeliveryPolicy::retry_schedule),
       .help =
           "The delays before the first, second, … retry. The last repeats when there are more retries than delays."},
      {.key = "outbound_allow",
       .kind = list_of(kNetwork),
       .field = at(&AlertChannel::outbound_allow),
       .help = "Networks that it may be in although they are not public, beside `outbound.allow`: a gateway or a mail "
               "server of your own."},
      {.key = "ca_file",
       .kind = text(kFilePath),
       .field = at(&AlertChannel::ca_file),
       .help = "The authorities (PEM) that its certificate must come from, instead of the system's."},

      {.key = "url",
       .kind = text(kHttpUrl),
       .field = at(&AlertChannel::url),
       .help = "The webhook, as the provider shows it; of `sms` the service's address in another region.",
       .secrecy = Secrecy::kSecret,
       .default_note = "the provider's own; of a webhook none: it must be set"},
      {.key = "token",
       .kind = text(kSecretText),
       .field = at(&AlertChannel::token),
       .help =
           "What makes the webhook yours, where `url` does not have it: DingTalk's `access_token`, WeCom's `key`, the "
           "last part of Feishu's.",
       .secrecy = Secrecy::kSecret},
      {.key = "token_file",
       .kind = text(kFilePath),
       .field = at(&AlertChannel::token_file),
       .help = "A file that holds it."},
      {.key = "secrets",
       .kind = TextListKind{&kSecretText, 0, 8},
       .field = at(&AlertChannel::secrets),
       .help = "The robot's signing secret, or the secrets that a webhook is signed with. `secret` gives one as plain "
               "text.",
       .secrecy = Secrecy::kSecret,
       .single = "secret"},
      {.key = "secret_files",
       .kind = TextListKind{&kFilePath, 0, 8},
       .field = at(&AlertChannel::secret_files),
       .help = "Files that hold one secret each. `secret_file` gives one.",
       .single = "secret_file"},
      {.key = "signing",
       .kind = choice_of<SigningScheme>(),
       .field = at(&AlertChannel::signing),
       .help =
           "How a webhook is signed: as `platforms.<name>.signing`; `hmac` is the hexadecimal HMAC-SHA256 of the body "
           "in `X-Signature`.",
       .default_note = "`standard-webhooks` with a secret, `none` without"},
      {.key = "at_mobiles",
       .kind = list_of(kPhoneNumber),
       .field = at(&AlertChannel::at_mobiles),
       .help = "Members of DingTalk's group whom each message calls, by their phone numbers."},

      {.key = "host", .kind = text(kHost), .field = at(&AlertChannel::host), .help = "The mail server."},
      {.key = "port",
       .kind = whole_number(0, 65'535),
       .field = at(&AlertChannel::port),
       .help = "The mail server's port.",
       .default_note = "587 for starttls, 465 for implicit"},
      {.key = "tls",
       .kind = choice_of<MailTls>(),
       .field = at(&AlertChannel::tls),
       .help = "How the connection is protected. `starttls`: it begins in the clear, and nothing is sent if the server "
               "does not offer TLS. `implicit`: TLS from the first byte. There is no way without."},
      {.key = "user",
       .kind = text(kSecretText),
       .field = at(&AlertChannel::user),
       .help = "Who logs in. Empty: nobody does."},
      {.key = "password",
       .kind = text(kSecretText),
       .field = at(&AlertChannel::password),
       .help = "The password, or what the provider calls an authorisation code.",
       .secrecy = Secrecy::kSecret},
      {.key = "password_file",
       .kind = text(kFilePath),
       .field = at(&AlertChannel::password_file),
       .help = "A file that holds it."},
      {.key = "from", .kind = text(kMailAddress), .field = at(&AlertChannel::from), .help = "The sender's address."},
      {.key = "to",
       .kind = list_of(kMailAddress),
       .field = at(&AlertChannel::to),
       .help = "The recipients' addresses."},

      {.key = "access_key_id",
       .kind = text(kIdentifier),
       .field = at(&AlertChannel::access_key_id),
       .help = "The access key's id at Alibaba Cloud. Make one that may do nothing but `dysms:SendSms`."},
      {.key = "access_key_secret",
       .kind = text(kSecretText),
       .field = at(&AlertChannel::access_key_secret),
       .help = "The access key's secret.",
       .secrecy = Secrecy::kSecret},
      {.key = "access_key_secret_file",
       .kind = text(kFilePath),
       .field = at(&AlertChannel::access_key_secret_file),
       .help = "A file that holds it."},
      {.key = "phone_numbers",
       .kind = list_of(kPhoneNumber),
       .field = at(&AlertChannel::phone_numbers),
       .help = "Who gets the message."},
      {.key = "sign_name",
       .kind = text(kTemplateText),
       .field = at(&AlertChannel::sign_name),
       .help = "The signature that was approved, without its brackets."},
      {.key = "template_code",
       .kind = text(kIdentifier),
       .field = at(&AlertChannel::template_code),
       .help = "The template that was approved: `SMS_…`."},
      {.key = "template_parameters",
       .kind = TextTableKind{&kIdentifier, &kSmsValue, 10},
       .field = at(&AlertChannel::template_parameters),
       .help =
           "The template's variables, each with what goes into it: `title`, `state`, `subject`, `count`, `since` or "
           "`rule`. A variable takes 35 characters; longer ones are cut."},
  };
}

}  // namespace

const std::vector<Setting<AlertChannel>>& alert_channel_settings() {
  static const std::vector<Setting<AlertChannel>> kSettings = declare();
  return kSettings;
}

}  // namespace yizhan::config

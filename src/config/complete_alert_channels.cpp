// What alert channels' settings come to when every input has been read: defaults that depend on the kind, secrets that
// stand in files, and what a kind cannot do without.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/alert_channel_kinds.h"
#include "config/draft.h"
#include "config/kind_settings.h"
#include "config/secret_files.h"

namespace yizhan::config {
namespace {

constexpr std::uint16_t kSubmissionPort = 587;
constexpr std::uint16_t kSubmissionsPort = 465;

/// One channel, with the words to name its settings by.
class AlertChannelCompletion {
 public:
  AlertChannelCompletion(Draft& draft, AlertChannel& channel, const Completion& how)
      : draft_(draft), channel_(channel), how_(how) {}

  void run() {
    if (!choose_kind()) return;
    drop_settings_of_other_kinds(draft_, channel_, name_of(channel_.kind), facts().own_settings,
                                 &is_of_some_alert_channel_kinds);
    collect();
    fill_defaults();
    if (how_.serving && channel_.enabled) check_needed();
  }

 private:
  std::string key(std::string_view name) const { return table_key<AlertChannel>(channel_.name, name); }
  bool given(std::string_view name) const { return draft_.was_given(key(name)); }
  const AlertChannelKindFacts& facts() const { return facts_of(channel_.kind); }

  bool choose_kind() {
    if (given("kind")) return true;
    if (draft_.was_refused(key("kind"))) return false;  // which is said already
    if (const auto kind = value_of<AlertChannelKind>(channel_.name)) {
      channel_.kind = *kind;
      return true;
    }
    std::vector<std::string_view> names;
    for (const AlertChannelKindFacts& each : alert_channel_kinds()) names.push_back(name_of(each.kind));
    draft_.refuse("config_value_invalid", fmt::format("{}: must be set, because the channel's name is no kind. It is "
                                                      "one of {}.",
                                                      key("kind"), fmt::join(names, ", ")));
    return false;
  }

  void collect() {
    collect_secrets(draft_, how_, key("secrets"), channel_.secrets, key("secret_files"), channel_.secret_files);
    collect_secret(draft_, how_, key("token"), channel_.token, key("token_file"), channel_.token_file);
    collect_secret(draft_, how_, key("password"), channel_.password, key("password_file"), channel_.password_file);
    collect_secret(draft_, how_, key("access_key_secret"), channel_.access_key_secret, key("access_key_secret_file"),
                   channel_.access_key_secret_file);
  }

  void fill_defaults() {
    if (!given("rate_per_minute")) channel_.rate_per_minute = facts().rate_per_minute;
    if (!given("throttled_pause_sec")) channel_.throttled_pause = facts().throttled_pause;
    if (!given("timeout_ms")) channel_.policy.timeout = facts().timeout;
    channel_.policy.rate_per_second = channel_.rate_per_minute / 60;
    if (channel_.port == 0) channel_.port = channel_.tls == MailTls::kImplicit ? kSubmissionsPort : kSubmissionPort;
    if (channel_.kind == AlertChannelKind::kWebhook && !given("signing") && !channel_.secrets.empty()) {
      channel_.signing = SigningScheme::kStandardWebhooks;
    }
  }

  void need(bool is_there, std::string_view name, std::string_view what) {
    if (!is_there) draft_.refuse_value(key(name), fmt::format("must be set: {}.", what));
  }

  /// A secret whose file could not be read has been reported.
  void need_secret(const std::string& secret, const std::string& file, std::string_view name, std::string_view what) {
    if (!secret.empty() || !file.empty()) return;
    draft_.refuse_value(
        key(name), fmt::format("must be set: {}. Give {} or {} or {}.", what, key(name),
                               table_variable<AlertChannel>(channel_.name, name), key(std::string(name) + "_file")));
  }

  void check_needed() {
    switch (channel_.kind) {
      case AlertChannelKind::kDingtalk:
      case AlertChannelKind::kFeishu:
      case AlertChannelKind::kWecom:
        if (channel_.url.empty()) {
          need_secret(channel_.token, channel_.token_file, "token", "without it, or the whole url, nobody is told");
        }
        if (channel_.secrets.size() > 1) draft_.refuse_value(key("secrets"), "a robot has one secret. Keep one.");
        return;
      case AlertChannelKind::kMail:
        need(!channel_.host.empty(), "host", "the mail server");
        need(!channel_.from.empty(), "from", "the sender's address");
        need(!channel_.to.empty(), "to", "the recipients' addresses");
        if (!channel_.user.empty()) need_secret(channel_.password, channel_.password_file, "password", "user logs in");
        return;
      case AlertChannelKind::kSms:
        need(!channel_.access_key_id.empty(), "access_key_id", "the access key's id");
        need_secret(channel_.access_key_secret, channel_.access_key_secret_file, "access_key_secret",
                    "the access key's secret");
        need(!channel_.phone_numbers.empty(), "phone_numbers", "who gets the message");
        need(!channel_.sign_name.empty(), "sign_name", "the signature that was approved");
        need(!channel_.template_code.empty(), "template_code", "the template that was approved");
        return;
      case AlertChannelKind::kWebhook:
        need(!channel_.url.empty(), "url", "where alerts are sent");
        if (channel_.signing != SigningScheme::kNone && channel_.secret_files.empty()) {
          need(!channel_.secrets.empty(), "secret", fmt::format("{} signs with it", name_of(channel_.signing)));
        }
        return;
    }
  }

  Draft& draft_;
  AlertChannel& channel_;
  const Completion& how_;
};

}  // namespace

void complete_alert_channels(Draft& draft, const Completion& how) {
  for (auto& [name, channel] : draft.entries<AlertChannel>()) AlertChannelCompletion(draft, channel, how).run();
}

}  // namespace yizhan::config

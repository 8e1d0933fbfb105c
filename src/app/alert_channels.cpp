#include "app/alert_channels.h"

#include <fmt/format.h>

#include "alert/dingtalk.h"
#include "alert/feishu.h"
#include "alert/mail.h"
#include "alert/sms.h"
#include "alert/webhook.h"
#include "alert/wecom.h"
#include "app/networks.h"

namespace yizhan::app {
namespace {

using ChannelResult = Result<std::unique_ptr<alert::Channel>>;

alert::Language language_of(const config::AlertChannel& configured) {
  return configured.language == config::NotifyLanguage::kChinese ? alert::Language::kChinese
                                                                 : alert::Language::kEnglish;
}

std::string first_of(const std::vector<std::string>& secrets) {
  return secrets.empty() ? "" : secrets.front();
}

Result<alert::HttpChannelOptions> http_options(const config::AlertChannel& configured) {
  alert::HttpChannelOptions options;
  options.timeout = configured.policy.timeout;
  options.throttled_pause = configured.throttled_pause;
  auto networks = shared_networks(configured.outbound_allow);
  if (!networks) return std::unexpected(std::move(networks.error()));
  options.extra_networks = std::move(*networks);
  if (!configured.ca_file.empty()) {
    auto credentials = http::load_tls_credentials({configured.ca_file, "", ""});
    if (!credentials) return std::unexpected(std::move(credentials.error()));
    options.tls = std::move(*credentials);
  }
  return options;
}

ChannelResult make_mail_channel(http::asio::io_context& io, const config::AlertChannel& configured,
                                const config::OutboundSection& outbound) {
  auto allowed = parse_networks(outbound.allow);
  if (!allowed) return std::unexpected(std::move(allowed.error()));
  auto networks = shared_networks(configured.outbound_allow);
  if (!networks) return std::unexpected(std::move(networks.error()));
  alert::MailOptions options;
  options.server = {
      .host = configured.host,
      .port = configured.port,
      .tls = configured.tls == config::MailTls::kImplicit ? alert::SmtpTls::kImplicit : alert::SmtpTls::kStartTls,
      .user = configured.user,
      .password = configured.password,
      .ca_file = configured.ca_file,
      .guard = http::AddressGuard(std::move(*allowed)),
      .extra_networks = std::move(*networks)};
  options.from = configured.from;
  options.to = configured.to;
  options.timeout = configured.policy.timeout;
  options.language = language_of(configured);
  return alert::make_mail(io, std::move(options));
}

/// Fields that are empty leave the provider's own.
template <class Options>
Options with_url(Options options, const config::AlertChannel& configured) {
  if (!configured.url.empty()) options.url = configured.url;
  return options;
}

ChannelResult make_one(http::asio::io_context& io, http::Client& client, const config::AlertChannel& configured,
                       const config::OutboundSection& outbound) {
  if (configured.kind == config::AlertChannelKind::kMail) return make_mail_channel(io, configured, outbound);
  auto http = http_options(configured);
  if (!http) return std::unexpected(std::move(http.error()));
  switch (configured.kind) {
    case config::AlertChannelKind::kDingtalk: {
      auto options = with_url(alert::DingtalkOptions{}, configured);
      options.access_token = configured.token;
      options.secret = first_of(configured.secrets);
      options.at_mobiles = configured.at_mobiles;
      options.language = language_of(configured);
      return alert::make_dingtalk(client, std::move(options), std::move(*http));
    }
    case config::AlertChannelKind::kFeishu: {
      auto options = with_url(alert::FeishuOptions{}, configured);
      options.token = configured.token;
      options.secret = first_of(configured.secrets);
      options.language = language_of(configured);
      return alert::make_feishu(client, std::move(options), std::move(*http));
    }
    case config::AlertChannelKind::kWecom: {
      auto options = with_url(alert::WecomOptions{}, configured);
      options.key = configured.token;
      options.language = language_of(configured);
      return alert::make_wecom(client, options, std::move(*http));
    }
    case config::AlertChannelKind::kSms: {
      auto options = with_url(alert::SmsOptions{}, configured);
      options.access_key_id = configured.access_key_id;
      options.access_key_secret = configured.access_key_secret;
      options.phone_numbers = configured.phone_numbers;
      options.sign_name = configured.sign_name;
      options.template_code = configured.template_code;
      options.template_parameters = configured.template_parameters;
      options.language = language_of(configured);
      return alert::make_sms(client, std::move(options), std::move(*http));
    }
    case config::AlertChannelKind::kWebhook:
      return alert::make_webhook(
          client, {.url = configured.url, .signing = {.scheme = configured.signing, .secrets = configured.secrets}},
          std::move(*http));
    case config::AlertChannelKind::kMail:
      break;  // above
  }
  return fail("config_value_invalid", "there is no such kind of alert channel");
}

}  // namespace

Result<std::vector<AlertChannel>> make_alert_channels(http::asio::io_context& io, http::Client& client,
                                                      const config::Config& config) {
  std::vector<AlertChannel> channels;
  for (const config::AlertChannel& configured : config.alert_channels) {
    AlertChannel made{.name = configured.name, .channel = nullptr, .policy = configured.policy};
    if (configured.enabled) {
      auto channel = make_one(io, client, configured, config.outbound);
      if (!channel) {
        return fail(channel.error().code,
                    fmt::format("alert channel '{}': {}", configured.name, channel.error().message));
      }
      made.channel = std::move(*channel);
    }
    channels.push_back(std::move(made));
  }
  return channels;
}

}  // namespace yizhan::app

// How the enumerations of config.h are written in the configuration.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "config/config.h"
#include "domain/signing_scheme.h"

namespace yizhan::config {

template <class Enum>
struct Names;

template <>
struct Names<HmacEncoding> {
  static constexpr std::array kAll{
      std::pair{HmacEncoding::kHex, std::string_view("hex")},
      std::pair{HmacEncoding::kBase64, std::string_view("base64")},
  };
};
template <>
struct Names<HmacAlgorithm> {
  static constexpr std::array kAll{
      std::pair{HmacAlgorithm::kSha256, std::string_view("sha256")},
      std::pair{HmacAlgorithm::kSha1, std::string_view("sha1")},
      std::pair{HmacAlgorithm::kSha512, std::string_view("sha512")},
  };
};
template <>
struct Names<Envelope> {
  static constexpr std::array kAll{
      std::pair{Envelope::kNone, std::string_view("none")},
      std::pair{Envelope::kStandard, std::string_view("standard")},
  };
};
template <>
struct Names<NotifyLanguage> {
  static constexpr std::array kAll{
      std::pair{NotifyLanguage::kChinese, std::string_view("zh")},
      std::pair{NotifyLanguage::kEnglish, std::string_view("en")},
  };
};
template <>
struct Names<PushChannel> {
  static constexpr std::array kAll{
      std::pair{PushChannel::kNone, std::string_view("none")},
      std::pair{PushChannel::kCloudFunction, std::string_view("cloud-function")},
      std::pair{PushChannel::kGetui, std::string_view("getui")},
  };
};
template <>
struct Names<AlertChannelKind> {
  static constexpr std::array kAll{
      std::pair{AlertChannelKind::kDingtalk, std::string_view("dingtalk")},
      std::pair{AlertChannelKind::kFeishu, std::string_view("feishu")},
      std::pair{AlertChannelKind::kWecom, std::string_view("wecom")},
      std::pair{AlertChannelKind::kMail, std::string_view("mail")},
      std::pair{AlertChannelKind::kSms, std::string_view("sms")},
      std::pair{AlertChannelKind::kWebhook, std::string_view("webhook")},
  };
};
template <>
struct Names<MailTls> {
  static constexpr std::array kAll{
      std::pair{MailTls::kStartTls, std::string_view("starttls")},
      std::pair{MailTls::kImplicit, std::string_view("implicit")},
  };
};
template <>
struct Names<SourceKind> {
  static constexpr std::array kAll{
      std::pair{SourceKind::kWxpay, std::string_view("wxpay")},
      std::pair{SourceKind::kAlipay, std::string_view("alipay")},
      std::pair{SourceKind::kEasypay, std::string_view("easypay")},
      std::pair{SourceKind::kPlatform, std::string_view("platform")},
      std::pair{SourceKind::kSub2api, std::string_view("sub2api")},
      std::pair{SourceKind::kNewapi, std::string_view("newapi")},
      std::pair{SourceKind::kExpress, std::string_view("express")},
      std::pair{SourceKind::kKuaidi100, std::string_view("kuaidi100")},
      std::pair{SourceKind::kKdniao, std::string_view("kdniao")},
      std::pair{SourceKind::kGithub, std::string_view("github")},
      std::pair{SourceKind::kStripe, std::string_view("stripe")},
      std::pair{SourceKind::kShopify, std::string_view("shopify")},
      std::pair{SourceKind::kSlack, std::string_view("slack")},
      std::pair{SourceKind::kStandardWebhooks, std::string_view("standard-webhooks")},
      std::pair{SourceKind::kHmac, std::string_view("hmac")},
  };
};
template <>
struct Names<log::Level> {
  static constexpr std::array kAll{
      std::pair{log::Level::kDebug, std::string_view("debug")},
      std::pair{log::Level::kInfo, std::string_view("info")},
      std::pair{log::Level::kWarning, std::string_view("warning")},
      std::pair{log::Level::kError, std::string_view("error")},
      std::pair{log::Level::kOff, std::string_view("off")},
  };
};
template <>
struct Names<log::Destination> {
  static constexpr std::array kAll{
      std::pair{log::Destination::kStandardError, std::string_view("stderr")},
      std::pair{log::Destination::kStandardOutput, std::string_view("stdout")},
      std::pair{log::Destination::kFile, std::string_view("file")},
      std::pair{log::Destination::kJournal, std::string_view("journald")},
  };
};
template <>
struct Names<LoggedAttempts> {
  static constexpr std::array kAll{
      std::pair{LoggedAttempts::kFailed, std::string_view("failed")},
      std::pair{LoggedAttempts::kAll, std::string_view("all")},
  };
};

template <>
struct Names<SigningScheme> {
  static constexpr auto kAll = [] {
    std::array<std::pair<SigningScheme, std::string_view>, kSigningSchemeNames.size()> all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = {kSigningSchemeNames[i].scheme, kSigningSchemeNames[i].name};
    return all;
  }();
};

/// Every value of the enumeration is in its table.
template <class Enum>
constexpr std::string_view name_of(Enum value) {
  for (const auto& [candidate, name] : Names<Enum>::kAll) {
    if (candidate == value) return name;
  }
  return {};
}

template <class Enum>
constexpr std::optional<Enum> value_of(std::string_view wanted) {
  for (const auto& [candidate, name] : Names<Enum>::kAll) {
    if (name == wanted) return candidate;
  }
  return std::nullopt;
}

}  // namespace yizhan::config

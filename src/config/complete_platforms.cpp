// What a platform's settings come to when every input has been read.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/draft.h"
#include "config/secret_files.h"

namespace yizhan::config {
namespace {

/// As store/push.h has it.
constexpr std::string_view kReservedName = "push";

bool signs_by_standard_webhooks(SigningScheme scheme) {
  return scheme == SigningScheme::kStandardWebhooks || scheme == SigningScheme::kStandardWebhooksV1a;
}

/// One platform, with the words to name its settings by.
class PlatformCompletion {
 public:
  PlatformCompletion(Draft& draft, Platform& platform, const Completion& how)
      : draft_(draft), platform_(platform), how_(how) {}

  void run() {
    check_name();
    fill_defaults();
    collect_secrets(draft_, how_, key("secrets"), platform_.signing.secrets, key("secret_files"),
                    platform_.signing.secret_files);
    check_secrets();
    check_hmac();
    check_headers();
    check_pairs();
  }

 private:
  std::string key(std::string_view name) const { return table_key<Platform>(platform_.name, name); }
  bool given(std::string_view name) const { return draft_.was_given(key(name)); }

  void check_name() {
    if (platform_.name != kReservedName) return;
    draft_.refuse("config_value_invalid",
                  fmt::format("platforms.{0}: {0} is what deliveries to devices are accounted to. Choose another name.",
                              kReservedName));
  }

  void fill_defaults() {
    Signing& signing = platform_.signing;
    // Whoever sets the seed's variable for a secret has consumers that check the seed's signature.
    const bool of_the_seed = platform_.name == "sub2api" || platform_.name == "newapi" ||
                             draft_.origin(key("secrets")).kind == Origin::Kind::kSeedVariable;
    if (!given("signing")) {
      signing.scheme = of_the_seed ? SigningScheme::kXCs : SigningScheme::kStandardWebhooks;
    }
    if (!given("event_id_header")) {
      platform_.event_id_header = signs_by_standard_webhooks(signing.scheme) ? "webhook-id" : "X-Yizhan-Event-Id";
    }
    if (!given("signature_header")) {
      if (signing.scheme == SigningScheme::kXCs) signing.signature_header = draft_.config().webhook.signature_header;
      if (signing.scheme == SigningScheme::kHmac) signing.signature_header = "X-Signature";
      if (signing.scheme == SigningScheme::kWebhookSignature) signing.signature_header = "X-Webhook-Signature";
    }
    constexpr std::string_view kMasterSwitch = "webhook.platform_adapters_enabled";
    if (!draft_.config().webhook.platform_adapters_enabled && platform_.enabled) {
      platform_.enabled = false;
      draft_.set_origin(key("enabled"), draft_.origin(kMasterSwitch));
    }
  }

  void check_secrets() {
    const Signing& signing = platform_.signing;
    if (signing.scheme == SigningScheme::kNone) return;
    const std::string scheme(name_of(signing.scheme));
    if (signing.secrets.empty()) {
      // A platform that is not enabled may be half set up; one whose secret file could not be read has been reported.
      if (!how_.serving || !platform_.enabled || !signing.secret_files.empty()) return;
      draft_.refuse_value(
          key("secrets"),
          fmt::format("its callbacks are signed with {}, so it needs a secret. Give one as {} or {} or {}, "
                      "or set {} to \"none\".",
                      scheme, key("secret"), table_variable<Platform>(platform_.name, "secret"), key("secret_file"),
                      key("signing")));
      return;
    }
    if (!signs_by_standard_webhooks(signing.scheme)) return;
    const Shape& shape =
        signing.scheme == SigningScheme::kStandardWebhooks ? kStandardWebhooksSecret : kStandardWebhooksKey;
    for (const std::string& secret : signing.secrets) {
      if (shape.matches(secret)) continue;
      draft_.refuse_value(
          key("secrets"),
          fmt::format("{} does not fit {}: there it must be {}. For a secret that is any text set {} to \"x-cs\" or "
                      "another scheme.",
                      masked(secret), scheme, shape.allowed, key("signing")));
    }
  }

  void check_hmac() {
    Signing& signing = platform_.signing;
    if (signing.scheme != SigningScheme::kHmac) {
      for (const auto& setting : platform_settings()) {
        if (setting.key.starts_with("hmac_") && given(setting.key)) drop_without_effect(setting.key);
      }
      signing.hmac = {};
    } else if (signing.hmac.signed_text.contains("{timestamp}") && signing.hmac.timestamp_header.empty()) {
      draft_.refuse_value(key("hmac_timestamp_header"),
                          "must be set, because the signed text holds {timestamp} and the receiver has to know it.");
    }
    const bool takes_header = signing.scheme != SigningScheme::kNone && !signs_by_standard_webhooks(signing.scheme);
    if (takes_header && signing.signature_header.empty()) {
      draft_.refuse_value(key("signature_header"), fmt::format("must not be empty for {}.", name_of(signing.scheme)));
    }
    if (!takes_header && !signing.signature_header.empty()) {
      drop_without_effect("signature_header");
      signing.signature_header.clear();
    }
  }

  void drop_without_effect(std::string_view name) {
    draft_.warn(key(name),
                fmt::format("has no effect while {} is {}.", key("signing"), name_of(platform_.signing.scheme)));
    draft_.set_origin(key(name), {});
  }

  /// Headers that this platform's callbacks carry anyway, with the setting that names each (empty: the scheme's own).
  std::vector<std::pair<std::string, std::string>> own_headers() const {
    const Signing& signing = platform_.signing;
    std::vector<std::pair<std::string, std::string>> own{{platform_.event_id_header, "event_id_header"},
                                                         {platform_.event_type_header, "event_type_header"},
                                                         {signing.signature_header, "signature_header"}};
    if (signing.scheme == SigningScheme::kXCs) own.emplace_back("X-CS-Timestamp", "");
    if (signing.scheme == SigningScheme::kHmac)
      own.emplace_back(signing.hmac.timestamp_header, "hmac_timestamp_header");
    return own;
  }

  void check_headers() {
    const auto own = own_headers();
    for (std::size_t i = 0; i < own.size(); ++i) {
      const auto& [header, setting] = own[i];
      if (header.empty() || setting.empty()) continue;
      // The scheme's own webhook-id is what the event id header is called there.
      const bool is_webhook_id = setting == "event_id_header" && same_header(header, "webhook-id");
      if (is_reserved_header(header) && !is_webhook_id) {
        draft_.refuse_value(key(setting),
                            fmt::format("the header {} is written by the service itself. Choose another.", header));
      }
      for (std::size_t j = 0; j < own.size(); ++j) {
        if (j < i || (j > i && own[j].second.empty())) {
          if (same_header(own[j].first, header)) {
            draft_.refuse_value(key(setting),
                                fmt::format("the header {} already carries something else. Choose another.", header));
            break;
          }
        }
      }
    }
    for (std::size_t i = 0; i < platform_.headers.size(); ++i) {
      const std::string& name = platform_.headers[i].first;
      const auto same = [&name](const auto& other) { return same_header(other.first, name); };
      if (is_reserved_header(name) || std::ranges::any_of(own, same)) {
        draft_.refuse_value(key("headers"),
                            fmt::format("the header {} is written by the service itself. Take it out.", name));
      } else if (std::any_of(platform_.headers.begin(), platform_.headers.begin() + static_cast<std::ptrdiff_t>(i),
                             same)) {
        draft_.refuse_value(key("headers"), fmt::format("the header {} is given twice.", name));
      }
    }
  }

  void check_pairs() {
    if (platform_.client_certificate_file.empty() != platform_.client_key_file.empty()) {
      draft_.refuse_value(key(platform_.client_key_file.empty() ? "client_key_file" : "client_certificate_file"),
                          "must be set too: a client certificate and its key go together.");
    }
    if (platform_.policy.breaker_open_max < platform_.policy.breaker_open) {
      draft_.refuse_value(
          key("breaker_open_max_ms"),
          fmt::format("{} must not be less than breaker_open_ms, which is {}.",
                      platform_.policy.breaker_open_max.count(), platform_.policy.breaker_open.count()));
    }
  }

  Draft& draft_;
  Platform& platform_;
  const Completion& how_;
};

}  // namespace

void complete_platforms(Draft& draft, const Completion& how) {
  for (auto& [name, platform] : draft.entries<Platform>()) PlatformCompletion(draft, platform, how).run();
}

}  // namespace yizhan::config

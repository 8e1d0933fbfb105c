#include "app/sources.h"

#include <fmt/format.h>

#include <map>

#include "receive/sources.h"

namespace yizhan::app {
namespace {

verify::WechatPayV3Options wechat_pay_v3_options(const config::Source& source) {
  verify::WechatPayV3Options options;
  // A certificate is found by its own serial number, a public key by the id that it was given.
  for (const std::string& pem : source.certificates) options.platform_keys.push_back({.id = {}, .pem = pem});
  for (std::size_t i = 0; i < source.public_keys.size() && i < source.public_key_ids.size(); ++i) {
    options.platform_keys.push_back({.id = source.public_key_ids[i], .pem = source.public_keys[i]});
  }
  options.api_v3_keys = source.api_v3_keys;
  return options;
}

receive::HmacOptions hmac_options(const config::Source& source) {
  verify::SigningOptions signing;
  signing.scheme = SigningScheme::kHmac;
  signing.secrets = source.secrets;
  signing.signature_header = source.signature_header;
  signing.timestamp_header = source.hmac.timestamp_header;
  signing.id_header = source.id_header;
  signing.prefix = source.hmac.prefix;
  signing.encoding = source.hmac.encoding;
  signing.algorithm = source.hmac.algorithm;
  signing.signed_text = source.hmac.signed_text;
  return {.name = source.account,
          .signing = std::move(signing),
          .tolerance = source.tolerance,
          .idempotency_key = {source.idempotency_header, source.idempotency_field},
          .event_type = {source.event_type_header, source.event_type_field}};
}

receive::KindOptions kind_options(const config::Source& source) {
  using config::SourceKind;
  using namespace receive;  // NOLINT(google-build-using-namespace): its options, one by one
  switch (source.kind) {
    case SourceKind::kWxpay:
      return WechatPayOptions{.account = source.account,
                              .merchant_id = source.mch_id,
                              .app_ids = source.app_ids,
                              .api_v2_keys = source.secrets,
                              .v3 = wechat_pay_v3_options(source),
                              .tolerance = source.tolerance};
    case SourceKind::kAlipay:
      return AlipayOptions{.account = source.account,
                           .app_ids = source.app_ids,
                           .seller_id = source.seller_id,
                           .public_keys = source.public_keys};
    case SourceKind::kEasypay:
      return EasypayOptions{.account = source.account, .pid = source.pid, .keys = source.secrets};
    case SourceKind::kPlatform:
      return PlatformIngressOptions{.platform = source.account,
                                    .secrets = source.secrets,
                                    .signature_header = source.signature_header,
                                    .tolerance = source.tolerance};
    case SourceKind::kSub2api:
      return Sub2apiOptions{.name = source.account, .secrets = source.secrets, .tolerance = source.tolerance};
    case SourceKind::kNewapi:
      return NewapiOptions{.name = source.account, .secrets = source.secrets};
    case SourceKind::kExpress:
      return ExpressOptions{.secrets = source.secrets, .reject_invalid_signature = source.reject_invalid_signature};
    case SourceKind::kKuaidi100:
      return Kuaidi100Options{.name = source.account, .salts = source.secrets};
    case SourceKind::kKdniao:
      return KdniaoOptions{.name = source.account, .business_id = source.business_id, .api_keys = source.secrets};
    case SourceKind::kGithub:
      return GithubOptions{.name = source.account, .secrets = source.secrets};
    case SourceKind::kStripe:
      return StripeOptions{.name = source.account, .secrets = source.secrets, .tolerance = source.tolerance};
    case SourceKind::kShopify:
      return ShopifyOptions{.name = source.account, .secrets = source.secrets};
    case SourceKind::kSlack:
      return SlackOptions{.name = source.account, .secrets = source.secrets, .tolerance = source.tolerance};
    case SourceKind::kStandardWebhooks:
      return StandardWebhooksOptions{.name = source.account, .secrets = source.secrets, .tolerance = source.tolerance};
    case SourceKind::kHmac:
      break;
  }
  return hmac_options(source);
}

std::unexpected<Error> of_source(const std::string& name, const Error& error) {
  return fail(error.code, fmt::format("sources.{}: {}", name, error.message));
}

}  // namespace

Result<std::vector<receive::ConfiguredSource>> make_sources(const config::Config& config) {
  std::vector<receive::ConfiguredSource> sources;
  std::map<std::string, std::string> by_path;
  for (const config::Source& configured : config.sources) {
    if (!configured.enabled) continue;
    auto source = receive::make_source(kind_options(configured));
    if (!source) return of_source(configured.name, source.error());
    for (const std::string& path : (*source)->paths()) {
      const auto [first, is_new] = by_path.emplace(path, configured.name);
      if (is_new) continue;
      return fail(
          "path_taken",
          fmt::format("sources.{} and sources.{} both listen at {}. Give one of them another account, or set its "
                      "enabled to false",
                      first->second, configured.name, path));
    }
    receive::SourceOptions options;
    options.name = configured.name;
    options.platform = configured.platform;
    options.reject_unfit = configured.reject_unfit;
    options.rate = configured.rate_per_second;
    options.burst = configured.burst;
    sources.push_back({std::move(options), std::move(*source)});
  }
  return sources;
}

Result<receive::Routes> make_routes(const config::Config& config) {
  std::vector<receive::Route> routes;
  for (const config::Route& configured : config.routes) {
    receive::Route route;
    route.source = configured.source;
    route.event_type = configured.event_type;
    route.platform = configured.platform;
    route.rename = configured.rename;
    for (const std::string& text : configured.where) {
      auto condition = receive::parse_condition(text);
      if (!condition) {
        return fail(condition.error().code,
                    fmt::format("routes.{}.where: {}", configured.name, condition.error().message));
      }
      route.conditions.push_back(std::move(*condition));
    }
    routes.push_back(std::move(route));
  }
  return receive::Routes(std::move(routes));
}

Result<void> check_receiver(const http::ListenAddress& address, const config::Config& config) {
  if (address.loopback_only()) return {};
  for (const config::Source& source : config.sources) {
    const bool verified = !source.secrets.empty() || !source.public_keys.empty() || !source.certificates.empty();
    if (!source.enabled || verified) continue;
    return fail("credentials_required",
                fmt::format("other machines reach {}, and sources.{} has no secret to check callbacks by. Give it "
                            "sources.{}.secret, or listen on loopback (listen.receive)",
                            address.to_string(), source.name, source.name));
  }
  return {};
}

}  // namespace yizhan::app

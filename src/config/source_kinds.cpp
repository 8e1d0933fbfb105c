#include "config/source_kinds.h"

#include <algorithm>

namespace yizhan::config {
namespace {

using Secret = SourceKindFacts::Secret;

const std::vector<SourceKindFacts>& all_source_kinds() {
  static const std::vector<SourceKindFacts> kKinds{
      {.kind = SourceKind::kWxpay,
       .path = "/notify/wxpay/<account>",
       .needs = "`mch_id`; `secret`, the API key, for v2; `api_v3_key` and the keys that WeChat Pay signs with "
                "(`certificate_files`, or `public_key_files` with `public_key_ids`) for v3; or all of them",
       .own_settings = {"account", "reject_unfit", "secrets", "secret_files", "api_v3_keys", "api_v3_key_files",
                        "certificate_files", "public_key_files", "public_key_ids", "mch_id", "app_ids",
                        "tolerance_seconds"},
       .secret = Secret::kKeys},
      {.kind = SourceKind::kAlipay,
       .path = "/notify/alipay/<account>",
       .needs = "`app_id`; `public_key_file`: Alipay's own public key",
       .own_settings = {"account", "reject_unfit", "public_key_files", "app_ids", "seller_id"},
       .secret = Secret::kKeys},
      {.kind = SourceKind::kEasypay,
       .path = "/notify/easypay/<account>",
       .needs = "`pid`; `secret`: the merchant's key",
       .own_settings = {"account", "reject_unfit", "secrets", "secret_files", "pid"}},
      {.kind = SourceKind::kPlatform,
       .path = "/api/v1/customer-service/platforms/<account>/webhook",
       .needs = "`secret`",
       .own_settings = {"account", "secrets", "secret_files", "signature_header", "tolerance_seconds"}},
      {.kind = SourceKind::kSub2api,
       .path = "/in/<account>",
       .needs = "`secret`",
       .own_settings = {"account", "secrets", "secret_files", "tolerance_seconds"}},
      {.kind = SourceKind::kNewapi,
       .path = "/in/<account>",
       .needs = "`secret`",
       .own_settings = {"account", "secrets", "secret_files"}},
      {.kind = SourceKind::kExpress,
       .path = "/webhook/express/status",
       .needs = "`secret`; without one, whoever reaches the receiver is believed",
       .own_settings = {"reject_unfit", "secrets", "secret_files", "reject_invalid_signature"},
       .secret = Secret::kOptional},
      {.kind = SourceKind::kKuaidi100,
       .path = "/in/<account>",
       .needs = "`secret`: the salt of the subscription; without one, whoever reaches the receiver is believed",
       .own_settings = {"account", "reject_unfit", "secrets", "secret_files"},
       .secret = Secret::kOptional},
      {.kind = SourceKind::kKdniao,
       .path = "/in/<account>",
       .needs = "`secret`: the API key",
       .own_settings = {"account", "reject_unfit", "secrets", "secret_files", "business_id"}},
      {.kind = SourceKind::kGithub,
       .path = "/in/<account>",
       .needs = "`secret`",
       .own_settings = {"account", "secrets", "secret_files"}},
      {.kind = SourceKind::kStripe,
       .path = "/in/<account>",
       .needs = "`secret`: the endpoint's whole `whsec_…`",
       .own_settings = {"account", "secrets", "secret_files", "tolerance_seconds"}},
      {.kind = SourceKind::kShopify,
       .path = "/in/<account>",
       .needs = "`secret`",
       .own_settings = {"account", "secrets", "secret_files"}},
      {.kind = SourceKind::kSlack,
       .path = "/in/<account>",
       .needs = "`secret`: the app's signing secret",
       .own_settings = {"account", "secrets", "secret_files", "tolerance_seconds"}},
      {.kind = SourceKind::kStandardWebhooks,
       .path = "/in/<account>",
       .needs = "`secret`: `whsec_…`, or `whpk_…` for v1a",
       .own_settings = {"account", "secrets", "secret_files", "tolerance_seconds"}},
      {.kind = SourceKind::kHmac,
       .path = "/in/<account>",
       .needs = "`secret`",
       .own_settings = {"account", "secrets", "secret_files", "tolerance_seconds", "signature_header", "hmac_algorithm",
                        "hmac_encoding", "hmac_prefix", "hmac_timestamp_header", "hmac_id_header", "hmac_signed_text",
                        "idempotency_header", "idempotency_field", "event_type_header", "event_type_field"}},
  };
  return kKinds;
}

bool has(const SourceKindFacts& facts, std::string_view key) {
  return std::ranges::find(facts.own_settings, key) != facts.own_settings.end();
}

}  // namespace

std::span<const SourceKindFacts> source_kinds() {
  return all_source_kinds();
}

const SourceKindFacts& facts_of(SourceKind kind) {
  return *std::ranges::find(all_source_kinds(), kind, &SourceKindFacts::kind);
}

bool is_of_some_kinds(std::string_view key) {
  return std::ranges::any_of(all_source_kinds(), [key](const SourceKindFacts& facts) { return has(facts, key); });
}

}  // namespace yizhan::config

// What sources and routes come to when every input has been read: sources that platforms bring with them, defaults that
// depend on the kind, keys that stand in files, and what must hold between settings.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/draft.h"
#include "config/kind_settings.h"
#include "config/secret_files.h"
#include "config/source_kinds.h"

namespace yizhan::config {
namespace {

template <class Owner>
std::string names_of(Draft& draft) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : draft.entries<Owner>()) names.push_back(name);
  return names.empty() ? "none" : fmt::to_string(fmt::join(names, ", "));
}

void check_platform_exists(Draft& draft, const std::string& key, const std::string& platform) {
  if (platform.empty() || draft.entries<Platform>().contains(platform)) return;
  draft.refuse_value(
      key, fmt::format("there is no platform {}. Configured are: {}.", in_quotes(platform), names_of<Platform>(draft)));
}

/// A platform's ingress secret makes the source `<platform>-ingress`; a table of that name may say more of it.
void add_ingress_sources(Draft& draft) {
  for (const auto& [name, platform] : draft.entries<Platform>()) {
    if (platform.ingress_secret.empty()) continue;
    const Origin origin = draft.origin(table_key<Platform>(name, "ingress_secret"));
    Source* source = draft.entry<Source>(name + "-ingress", origin.where);
    if (source == nullptr) continue;
    const auto given = [&](std::string_view key) { return draft.was_given(table_key<Source>(source->name, key)); };
    const auto derive = [&](std::string_view key) { draft.set_origin(table_key<Source>(source->name, key), origin); };
    if (given("kind") && source->kind != SourceKind::kPlatform) {
      draft.refuse_value(table_key<Source>(source->name, "kind"),
                         fmt::format("must be platform: this is the source that {} makes. Rename yours.",
                                     table_key<Platform>(name, "ingress_secret")));
      continue;
    }
    source->kind = SourceKind::kPlatform;
    derive("kind");
    if (!given("enabled")) source->enabled = platform.enabled;
    if (!given("platform")) source->platform = name, derive("platform");
    if (!given("account")) source->account = name, derive("account");
    if (!given("secrets") && !given("secret_files")) source->secrets = {platform.ingress_secret}, derive("secrets");
  }
}

/// One source, with the words to name its settings by.
class SourceCompletion {
 public:
  SourceCompletion(Draft& draft, Source& source, const Completion& how) : draft_(draft), source_(source), how_(how) {}

  void run() {
    if (!choose_kind()) return;
    drop_settings_of_other_kinds(draft_, source_, name_of(source_.kind), facts().own_settings, &is_of_some_kinds);
    fill_defaults();
    collect_keys();
    if (how_.serving) {
      check_platform_exists(draft_, key("platform"), source_.platform);
      if (source_.enabled) check_keys();
    }
    check_hmac();
  }

 private:
  std::string key(std::string_view name) const { return table_key<Source>(source_.name, name); }
  bool given(std::string_view name) const { return draft_.was_given(key(name)); }
  const SourceKindFacts& facts() const { return facts_of(source_.kind); }

  bool choose_kind() {
    if (given("kind")) return true;
    if (draft_.was_refused(key("kind"))) return false;  // which is said already
    if (const auto kind = value_of<SourceKind>(source_.name)) {
      source_.kind = *kind;
      return true;
    }
    std::vector<std::string_view> names;
    for (const SourceKindFacts& each : source_kinds()) names.push_back(name_of(each.kind));
    draft_.refuse("config_value_invalid",
                  fmt::format("{}: must be set, because the source's name is no kind. It is one "
                              "of {}.",
                              key("kind"), fmt::join(names, ", ")));
    return false;
  }

  void fill_defaults() {
    const WebhookSection& webhook = draft_.config().webhook;
    const bool of_platform = source_.kind == SourceKind::kPlatform;
    if (of_platform && !given("platform")) source_.platform = source_.name;
    if (!given("account")) source_.account = of_platform ? source_.platform : source_.name;
    if (!given("tolerance_seconds")) source_.tolerance = webhook.max_skew;
    if (!given("signature_header") && of_platform) source_.signature_header = webhook.signature_header;
    if (!given("signature_header") && source_.kind == SourceKind::kHmac) source_.signature_header = "X-Signature";
    if (source_.kind != SourceKind::kExpress || given("reject_invalid_signature")) return;
    if (draft_.origin(key("secrets")).kind == Origin::Kind::kSeedVariable) source_.reject_invalid_signature = false;
  }

  void collect_keys() {
    collect_secrets(draft_, how_, key("secrets"), source_.secrets, key("secret_files"), source_.secret_files);
    collect_secrets(draft_, how_, key("api_v3_keys"), source_.api_v3_keys, key("api_v3_key_files"),
                    source_.api_v3_key_files);
    source_.certificates = read_key_files(draft_, how_, key("certificate_files"), source_.certificate_files);
    source_.public_keys = read_key_files(draft_, how_, key("public_key_files"), source_.public_key_files);
  }

  void refuse_missing(std::string_view name, std::string_view why) {
    draft_.refuse_value(
        key(name), fmt::format("{} Give {} or {} or {}.", why, key(name), table_variable<Source>(source_.name, name),
                               key(std::string(name) + "_file")));
  }

  void refuse_merchant(std::string_view name, std::string_view who) {
    draft_.refuse_value(key(name), fmt::format("must be set: {} whose notices these are.", who));
  }

  void check_keys() {
    const bool secret = !source_.secrets.empty() || !source_.secret_files.empty();
    if (facts().secret == SourceKindFacts::Secret::kNeeded && !secret) {
      refuse_missing("secret",
                     fmt::format("a source of the kind {} needs it to check its callbacks.", name_of(source_.kind)));
    }
    if (source_.kind == SourceKind::kAlipay) {
      if (source_.app_ids.empty()) refuse_merchant("app_id", "the application");
      if (source_.public_key_files.empty()) {
        draft_.refuse_value(key("public_key_files"), "Alipay's public key is needed to check its notices. Give it as " +
                                                         key("public_key_file") + ".");
      }
    }
    if (source_.kind == SourceKind::kEasypay && source_.pid.empty()) refuse_merchant("pid", "the merchant");
    if (source_.kind == SourceKind::kWxpay) check_wxpay_keys(secret);
    if (source_.kind == SourceKind::kExpress && secret && !source_.reject_invalid_signature) {
      draft_.warn(key("reject_invalid_signature"),
                  "callbacks with a wrong signature are recorded and let through. Set it to true to refuse them.");
    }
  }

  void check_wxpay_keys(bool v2) {
    if (source_.mch_id.empty())
      draft_.refuse_value(key("mch_id"), "must be set: the merchant whose notices these are.");
    const bool decrypts = !source_.api_v3_keys.empty() || !source_.api_v3_key_files.empty();
    const bool verifies = !source_.certificate_files.empty() || !source_.public_key_files.empty();
    if (!v2 && !decrypts && !verifies) {
      refuse_missing("secret", "the API key is needed for notices of v2, or the keys of v3, api_v3_key among them.");
    } else if (verifies && !decrypts) {
      refuse_missing("api_v3_key", "notices of v3 are encrypted with it.");
    } else if (decrypts && !verifies) {
      draft_.refuse_value(key("public_key_files"),
                          fmt::format("notices of v3 are signed by WeChat Pay. Give its key: {} "
                                      "with {}, or {}.",
                                      key("public_key_file"), key("public_key_id"), key("certificate_file")));
    }
    if (source_.public_key_ids.size() != source_.public_key_files.size()) {
      draft_.refuse_value(key("public_key_ids"),
                          fmt::format("each of the {} in public_key_files needs its id, PUB_KEY_ID_…; there are {}.",
                                      source_.public_key_files.size(), source_.public_key_ids.size()));
    }
  }

  void check_hmac() {
    if (source_.kind != SourceKind::kHmac) return;
    const std::string& text = source_.hmac.signed_text;
    if (text.contains("{timestamp}") && source_.hmac.timestamp_header.empty()) {
      draft_.refuse_value(key("hmac_timestamp_header"), "must be set, because the signed text holds {timestamp}.");
    }
    if (text.contains("{id}") && source_.id_header.empty()) {
      draft_.refuse_value(key("hmac_id_header"), "must be set, because the signed text holds {id}.");
    }
    if (source_.signature_header.empty()) draft_.refuse_value(key("signature_header"), "must not be empty for hmac.");
    if (!source_.idempotency_header.empty() && !source_.idempotency_field.empty()) {
      draft_.refuse_value(key("idempotency_field"), "idempotency_header is set too. Keep one of them.");
    }
    if (!source_.event_type_header.empty() && !source_.event_type_field.empty()) {
      draft_.refuse_value(key("event_type_field"), "event_type_header is set too. Keep one of them.");
    }
  }

  Draft& draft_;
  Source& source_;
  const Completion& how_;
};

}  // namespace

void complete_sources(Draft& draft, const Completion& how) {
  add_ingress_sources(draft);
  for (auto& [name, source] : draft.entries<Source>()) SourceCompletion(draft, source, how).run();
}

void complete_routes(Draft& draft, const Completion& how) {
  for (const auto& [name, route] : draft.entries<Route>()) {
    const std::string source = table_key<Route>(name, "source");
    const std::string platform = table_key<Route>(name, "platform");
    if (route.source.empty()) draft.refuse_value(source, "must be set: the name of a source, or * for every one.");
    if (route.platform.empty()) draft.refuse_value(platform, "must be set: the platform that gets the callbacks.");
    // Beside a running service, sources and platforms may be known from its environment only.
    if (!how.serving) continue;
    check_platform_exists(draft, platform, route.platform);
    if (route.source.empty() || route.source == "*" || draft.entries<Source>().contains(route.source)) continue;
    draft.refuse_value(source, fmt::format("there is no source {}. Configured are: {}.", in_quotes(route.source),
                                           names_of<Source>(draft)));
  }
}

}  // namespace yizhan::config

// The declarations of what a source and a route may be told: the tables [sources.<name>] and [[routes]].
#include "config/setting.h"

namespace yizhan::config {
namespace {

std::vector<Setting<Source>> declare_sources() {
  return {
      {.key = "kind",
       .kind = choice_of<SourceKind>(),
       .field = at(&Source::kind),
       .help = "Who sends, and so how it is checked, read and answered.",
       .default_note = "the source's name, where that is a kind"},
      {.key = "enabled",
       .kind = BooleanKind{},
       .field = at(&Source::enabled),
       .help = "Whether it is listened to. Its path answers 404 otherwise."},
      {.key = "account",
       .kind = text(kAccount),
       .field = at(&Source::account),
       .help = "The variable part of its path, `/notify/wxpay/<account>` or `/in/<account>`: several accounts of one "
               "provider are several sources.",
       .default_note = "the source's name; of the kind `platform` its platform"},
      {.key = "platform",
       .kind = text(kName),
       .field = at(&Source::platform),
       .help = "The platform that gets the events which its callbacks cause by themselves: `payment.succeeded`, "
               "`payment.refunded`, `message.received`. Empty: they cause none, and go where routes say.",
       .default_note = "of the kind `platform` the source's name, otherwise none"},
      {.key = "reject_unfit",
       .kind = BooleanKind{},
       .field = at(&Source::reject_unfit),
       .help =
           "What is answered to a payment of an unknown order, a wrong amount or another merchant, and to a carrier "
           "that tells of a parcel without a waybill: `true`: failure, so that it is sent again, which may find the "
           "order or the parcel; `false`: success. Either way it is on record and alarmed."},
      {.key = "rate_per_second",
       .kind = RealKind{0, 1'000'000},
       .field = at(&Source::rate_per_second),
       .help = "Callbacks a second that are taken; more are answered 429. 0 means no limit."},
      {.key = "burst",
       .kind = RealKind{0, 1'000'000},
       .field = at(&Source::burst),
       .help = "Callbacks at once that are taken above the rate."},
      {.key = "silence_seconds",
       .kind = seconds(-1, 31'536'000),
       .field = at(&Source::silence),
       .help =
           "No callback for longer than this is odd: `yizhan doctor` says so, and an alert is raised. 0: after three "
           "times the longest gap between its newest callbacks, and at least an hour; -1: never."},

      {.key = "secrets",
       .kind = TextListKind{&kSecretText, 0, 8},
       .field = at(&Source::secrets),
       .help = "The secrets that it may sign with. While one replaces another, give both. `secret` gives one as plain "
               "text.",
       .seed_variable = "WEBHOOK_SECRET",
       .secrecy = Secrecy::kSecret,
       .single = "secret"},
      {.key = "secret_files",
       .kind = TextListKind{&kFilePath, 0, 8},
       .field = at(&Source::secret_files),
       .help =
           "Files that hold one secret each. `secret_file` gives one. They follow `secrets` given in the same place; "
           "a later place that gives either replaces both.",
       .single = "secret_file"},
      {.key = "api_v3_keys",
       .kind = TextListKind{&kSecretText, 0, 8},
       .field = at(&Source::api_v3_keys),
       .help = "The APIv3 keys in force, 32 bytes each, by which notices are decrypted. `api_v3_key` gives one.",
       .secrecy = Secrecy::kSecret,
       .single = "api_v3_key"},
      {.key = "api_v3_key_files",
       .kind = TextListKind{&kFilePath, 0, 8},
       .field = at(&Source::api_v3_key_files),
       .help = "Files that hold one APIv3 key each. `api_v3_key_file` gives one.",
       .single = "api_v3_key_file"},
      {.key = "certificate_files",
       .kind = TextListKind{&kFilePath, 0, 16},
       .field = at(&Source::certificate_files),
       .help = "WeChat Pay's platform certificates (PEM); each is found by its serial number. `certificate_file` gives "
               "one.",
       .single = "certificate_file"},
      {.key = "public_key_files",
       .kind = TextListKind{&kFilePath, 0, 16},
       .field = at(&Source::public_key_files),
       .help = "Public keys that the provider signs with: PEM, or for Alipay the text that its console shows. "
               "`public_key_file` gives one.",
       .single = "public_key_file"},
      {.key = "public_key_ids",
       .kind = TextListKind{&kIdentifier, 0, 16},
       .field = at(&Source::public_key_ids),
       .help = "The ids of WeChat Pay's public keys, `PUB_KEY_ID_…`, in the order of `public_key_files`. "
               "`public_key_id` gives one.",
       .single = "public_key_id"},

      {.key = "mch_id",
       .kind = text(kIdentifier),
       .field = at(&Source::mch_id),
       .help = "The merchant at WeChat Pay. A notice for another one is rejected."},
      {.key = "app_ids",
       .kind = TextListKind{&kIdentifier, 0, 32},
       .field = at(&Source::app_ids),
       .help =
           "The applications at WeChat Pay or Alipay. A notice for another one is rejected. `app_id` gives one; empty, "
           "for WeChat Pay only: any of the merchant's.",
       .single = "app_id"},
      {.key = "seller_id",
       .kind = text(kIdentifier),
       .field = at(&Source::seller_id),
       .help = "The seller at Alipay. A notice for another one is rejected. Empty: any."},
      {.key = "pid",
       .kind = text(kIdentifier),
       .field = at(&Source::pid),
       .help = "The merchant at EasyPay. A notice for another one is rejected."},
      {.key = "business_id",
       .kind = text(kIdentifier),
       .field = at(&Source::business_id),
       .help = "`EBusinessID` at Kdniao. A push for another one is rejected. Empty: any."},

      {.key = "reject_invalid_signature",
       .kind = BooleanKind{},
       .field = at(&Source::reject_invalid_signature),
       .help = "Whether a callback whose signature is wrong gets 401. `false`: it is recorded as odd and let through.",
       .seed_variable = "WEBHOOK_REJECT_INVALID_SIGNATURE",
       .default_note = "`true`; `false` where the secret comes from `WEBHOOK_SECRET`, as it was there"},
      {.key = "tolerance_seconds",
       .kind = seconds(1, 86'400),
       .field = at(&Source::tolerance),
       .help = "How far a signed timestamp may be from now, in either direction.",
       .default_note = "`webhook.max_skew_seconds`"},
      {.key = "signature_header",
       .kind = text(kHeaderName),
       .field = at(&Source::signature_header),
       .help = "The header that carries the signature.",
       .default_note = "`webhook.signature_header` for `platform`, `X-Signature` for `hmac`"},
      {.key = "hmac_algorithm",
       .kind = choice_of<HmacAlgorithm>(),
       .field = at(&Source::hmac, &HmacOptions::algorithm),
       .help = "For `hmac`: the hash."},
      {.key = "hmac_encoding",
       .kind = choice_of<HmacEncoding>(),
       .field = at(&Source::hmac, &HmacOptions::encoding),
       .help = "For `hmac`: how the signature is written."},
      {.key = "hmac_prefix",
       .kind = text(kHeaderValue),
       .field = at(&Source::hmac, &HmacOptions::prefix),
       .help = "For `hmac`: what stands before the signature in its header, such as `sha256=`."},
      {.key = "hmac_timestamp_header",
       .kind = text(kHeaderName),
       .field = at(&Source::hmac, &HmacOptions::timestamp_header),
       .help = "For `hmac`: the header that carries the Unix time in seconds. Empty: there is none."},
      {.key = "hmac_id_header",
       .kind = text(kHeaderName),
       .field = at(&Source::id_header),
       .help = "For `hmac`: the header that carries the id, where the signed text has `{id}`."},
      {.key = "hmac_signed_text",
       .kind = text_not_empty(kSignedText),
       .field = at(&Source::hmac, &HmacOptions::signed_text),
       .help = "For `hmac`: what is signed. `{body}`, `{timestamp}` and `{id}` stand for themselves, as in "
               "`{timestamp}.{body}`."},
      {.key = "idempotency_header",
       .kind = text(kHeaderName),
       .field = at(&Source::idempotency_header),
       .help = "For `hmac`: the header by which repetitions are told. Without it and `idempotency_field` they are told "
               "by the body's digest."},
      {.key = "idempotency_field",
       .kind = text(kFieldPath),
       .field = at(&Source::idempotency_field),
       .help = "For `hmac`: likewise a field of the JSON body, by its path, such as `data.id`."},
      {.key = "event_type_header",
       .kind = text(kHeaderName),
       .field = at(&Source::event_type_header),
       .help = "For `hmac`: the header that carries the event type, by which routes choose."},
      {.key = "event_type_field",
       .kind = text(kFieldPath),
       .field = at(&Source::event_type_field),
       .help = "For `hmac`: likewise a field of the JSON body, by its path."},
  };
}

std::vector<Setting<Route>> declare_routes() {
  return {
      {.key = "source",
       .kind = text_not_empty(kSourcePattern),
       .field = at(&Route::source),
       .help = "The source whose callbacks it takes; `*` takes those of every source.",
       .default_note = "none: it must be set"},
      {.key = "event_type",
       .kind = text(kEventType),
       .field = at(&Route::event_type),
       .help = "The event type, as the source calls it; `*` in it stands for any characters. Empty: every type."},
      {.key = "where",
       .kind = TextListKind{&kCondition, 0, 32},
       .field = at(&Route::where),
       .help = "Conditions on fields of the JSON; all must hold. `condition` gives one.",
       .single = "condition"},
      {.key = "platform",
       .kind = text_not_empty(kName),
       .field = at(&Route::platform),
       .help = "The platform that gets the event.",
       .default_note = "none: it must be set"},
      {.key = "rename",
       .kind = text(kEventType),
       .field = at(&Route::rename),
       .help = "The event type under which it goes out.",
       .default_note = "`<source>.<event type>`"},
  };
}

}  // namespace

const std::vector<Setting<Source>>& source_settings() {
  static const std::vector<Setting<Source>> kSettings = declare_sources();
  return kSettings;
}

const std::vector<Setting<Route>>& route_settings() {
  static const std::vector<Setting<Route>> kSettings = declare_routes();
  return kSettings;
}

}  // namespace yizhan::config

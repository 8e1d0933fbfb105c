// The declarations of what a platform may be told: the tables [platforms.<name>].
#include "config/setting.h"

namespace yizhan::config {
namespace {

std::vector<Setting<Platform>> declare_platform() {
  constexpr std::int64_t kWeek = 7 * 86'400;
  return {
      {.key = "enabled",
       .kind = BooleanKind{},
       .field = at(&Platform::enabled),
       .help = "Whether callbacks are delivered to it. Events for a platform that is not enabled wait.",
       .seed_variable = "ENABLED"},
      {.key = "base_url",
       .kind = text(kHttpUrl),
       .field = at(&Platform::base_url),
       .help =
           "Where its callbacks go. An event's `callback_target` is appended to it, unless that is a full URL. Without "
           "it every event must bring a full URL.",
       .seed_variable = "CALLBACK_BASE_URL",
       .secrecy = Secrecy::kPasswordInUrl},

      {.key = "timeout_ms",
       .kind = milliseconds(100, 300'000),
       .field = at(&Platform::policy, &DeliveryPolicy::timeout),
       .help = "One deadline for a whole attempt, from name look-up to the end of the response.",
       .seed_variable = "CALLBACK_TIMEOUT_MS"},
      {.key = "max_retries",
       .kind = whole_number(0, 100),
       .field = at(&Platform::policy, &DeliveryPolicy::max_retries),
       .help = "Attempts after the first. When all have failed the event becomes a dead letter.",
       .seed_variable = "CALLBACK_MAX_RETRIES"},
      {.key = "poll_interval_ms",
       .kind = milliseconds(50, 3'600'000),
       .field = at(&Platform::policy, &DeliveryPolicy::poll_interval),
       .help = "The longest that an edit by hand in SQL waits to be noticed; more than 5000 counts as 5000. New events "
               "and retries "
               "never wait for it.",
       .seed_variable = "CALLBACK_POLL_INTERVAL_MS"},
      {.key = "batch_size",
       .kind = whole_number(1, 1000),
       .field = at(&Platform::policy, &DeliveryPolicy::batch_size),
       .help = "Events taken from the store at once. A full batch is followed at once by the next.",
       .seed_variable = "CALLBACK_BATCH_SIZE"},
      {.key = "retry_schedule_sec",
       .kind = IntegerListKind{0, kWeek, Unit::kSeconds, 1, 100},
       .field = at(&Platform::policy, &DeliveryPolicy::retry_schedule),
       .help =
           "The delays before the first, second, … retry. The last repeats when there are more retries than delays.",
       .seed_variable = "CALLBACK_RETRY_SCHEDULE_SEC"},
      {.key = "jitter",
       .kind = RealKind{0, 0.5},
       .field = at(&Platform::policy, &DeliveryPolicy::jitter),
       .help = "Each delay is multiplied by a random factor between 1 − jitter and 1 + jitter. 0 keeps them exact."},
      {.key = "retry_after_cap_sec",
       .kind = seconds(0, kWeek),
       .field = at(&Platform::policy, &DeliveryPolicy::retry_after_cap),
       .help = "A `Retry-After` of the platform is honoured up to this."},
      {.key = "in_flight_cap",
       .kind = whole_number(1, 10'000),
       .field = at(&Platform::policy, &DeliveryPolicy::in_flight_cap),
       .help = "Attempts at once to one endpoint."},
      {.key = "rate_per_second",
       .kind = RealKind{0, 100'000},
       .field = at(&Platform::policy, &DeliveryPolicy::rate_per_second),
       .help = "Attempts a second to one endpoint; 0 means no limit."},
      {.key = "breaker_threshold",
       .kind = whole_number(0, 10'000),
       .field = at(&Platform::policy, &DeliveryPolicy::breaker_threshold),
       .help = "Failures in a row that open the circuit breaker of an endpoint; 0 means never."},
      {.key = "breaker_open_ms",
       .kind = milliseconds(100, 3'600'000),
       .field = at(&Platform::policy, &DeliveryPolicy::breaker_open),
       .help = "How long the breaker stays open the first time. It doubles while probes fail."},
      {.key = "breaker_open_max_ms",
       .kind = milliseconds(100, 3'600'000),
       .field = at(&Platform::policy, &DeliveryPolicy::breaker_open_max),
       .help = "The longest that the breaker stays open between two probes."},
      {.key = "ordered",
       .kind = BooleanKind{},
       .field = at(&Platform::ordered),
       .help = "Whether events with the same `order_key` go out strictly in order. One that fails holds back its key "
               "only."},

      {.key = "signing",
       .kind = choice_of<SigningScheme>(),
       .field = at(&Platform::signing, &Signing::scheme),
       .help =
           "How callbacks are signed. `x-cs`: `X-CS-Timestamp` and `X-CS-Signature`. `standard-webhooks` and "
           "`standard-webhooks-v1a`: the headers of Standard Webhooks, with HMAC-SHA256 or ed25519. "
           "`webhook-signature`: `X-Webhook-Signature`, an HMAC of the body alone, as new-api does it. `hmac`: as the "
           "`hmac_…` settings say.",
       .default_note = "`x-cs` for sub2api, newapi and platforms whose secret comes from "
                       "`AI_CS_PLATFORM_<NAME>_CALLBACK_SECRET`, `standard-webhooks` for others"},
      {.key = "secrets",
       .kind = TextListKind{&kSecretText, 0, 8},
       .field = at(&Platform::signing, &Signing::secrets),
       .help =
           "The signing secrets. While one replaces another, give both: where the scheme has room for several "
           "signatures every secret signs, elsewhere the first. `secret` gives one as plain text. For "
           "standard-webhooks each is `whsec_` and base64 of 24 to 64 bytes; for v1a `whsk_` and base64 of the key.",
       .seed_variable = "CALLBACK_SECRET",
       .secrecy = Secrecy::kSecret,
       .single = "secret"},
      {.key = "secret_files",
       .kind = TextListKind{&kFilePath, 0, 8},
       .field = at(&Platform::signing, &Signing::secret_files),
       .help =
           "Files that hold one secret each, so that none has to stand in the configuration. `secret_file` gives one. "
           "They follow `secrets` given in the same source; a later source that gives either replaces both.",
       .single = "secret_file"},
      {.key = "signature_header",
       .kind = text(kHeaderName),
       .field = at(&Platform::signing, &Signing::signature_header),
       .help = "The header that carries the signature, for the schemes `x-cs`, `webhook-signature` and `hmac`.",
       .default_note = "`webhook.signature_header` for x-cs, `X-Webhook-Signature`, `X-Signature` for hmac"},
      {.key = "hmac_algorithm",
       .kind = choice_of<HmacAlgorithm>(),
       .field = at(&Platform::signing, &Signing::hmac, &HmacOptions::algorithm),
       .help = "For `hmac`: the hash."},
      {.key = "hmac_encoding",
       .kind = choice_of<HmacEncoding>(),
       .field = at(&Platform::signing, &Signing::hmac, &HmacOptions::encoding),
       .help = "For `hmac`: how the signature is written."},
      {.key = "hmac_prefix",
       .kind = text(kHeaderValue),
       .field = at(&Platform::signing, &Signing::hmac, &HmacOptions::prefix),
       .help = "For `hmac`: what stands before the signature in its header, such as `sha256=`."},
      {.key = "hmac_timestamp_header",
       .kind = text(kHeaderName),
       .field = at(&Platform::signing, &Signing::hmac, &HmacOptions::timestamp_header),
       .help = "For `hmac`: the header that carries the Unix time in seconds. Empty: none is sent."},
      {.key = "hmac_signed_text",
       .kind = text_not_empty(kSignedText),
       .field = at(&Platform::signing, &Signing::hmac, &HmacOptions::signed_text),
       .help = "For `hmac`: what is signed. `{body}`, `{timestamp}` and `{id}` stand for themselves, as in "
               "`{timestamp}.{body}`."},
      {.key = "ingress_secret",
       .kind = text(kSecretText),
       .field = at(&Platform::ingress_secret),
       .help =
           "Checks what the platform sends to us, at `/api/v1/customer-service/platforms/<name>/webhook`. With it the "
           "source `<name>-ingress` exists.",
       .seed_variable = "INGRESS_SECRET",
       .secrecy = Secrecy::kSecret},

      {.key = "event_id_header",
       .kind = text_not_empty(kHeaderName),
       .field = at(&Platform::event_id_header),
       .help = "The header that carries the event's id, the same on every attempt.",
       .default_note = "`webhook-id` for the two standard-webhooks schemes, `X-Yizhan-Event-Id` for others"},
      {.key = "event_type_header",
       .kind = text(kHeaderName),
       .field = at(&Platform::event_type_header),
       .help = "The header that carries the event's type. Empty: it is not sent."},
      {.key = "envelope",
       .kind = choice_of<Envelope>(),
       .field = at(&Platform::envelope),
       .help = "`none`: the payload goes out byte for byte. `standard`: inside "
               "`{\"type\":…,\"timestamp\":…,\"data\":…}`, as "
               "Standard Webhooks recommends."},
      {.key = "content_type",
       .kind = text_not_empty(kContentType),
       .field = at(&Platform::content_type),
       .help = "The `Content-Type` of its callbacks."},
      {.key = "headers",
       .kind = TextTableKind{&kHeaderName, &kHeaderValue, 32},
       .field = at(&Platform::headers),
       .help = "Extra headers for every callback. Headers that the service writes itself are refused.",
       .secrecy = Secrecy::kSecret},
      {.key = "ca_file",
       .kind = text(kFilePath),
       .field = at(&Platform::ca_file),
       .help = "The authorities (PEM) that its certificate must come from, instead of the system's."},
      {.key = "client_certificate_file",
       .kind = text(kFilePath),
       .field = at(&Platform::client_certificate_file),
       .help = "The certificate (PEM) that we show to it."},
      {.key = "client_key_file",
       .kind = text(kFilePath),
       .field = at(&Platform::client_key_file),
       .help = "The private key of `client_certificate_file` (PEM)."},
      {.key = "outbound_allow",
       .kind = list_of(kNetwork),
       .field = at(&Platform::outbound_allow),
       .help = "Networks that its callbacks may reach although they are not public, beside `outbound.allow`."},
  };
}

}  // namespace

const std::vector<Setting<Platform>>& platform_settings() {
  static const std::vector<Setting<Platform>> kSettings = declare_platform();
  return kSettings;
}

}  // namespace yizhan::config

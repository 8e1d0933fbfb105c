#include "doctor/platform_check.h"

#include <fmt/format.h>

#include <array>

#include "base/readable.h"
#include "domain/attempt.h"

namespace yizhan::doctor {
namespace {

struct PlatformReading {
  ErrorClass error_class;
  int status;  ///< 0: any
  Symptom symptom;
  std::string_view mend;  ///< `{}` stands for the platform
};
/// The first that fits says what a failure means. Of device faults (push_target_invalid, push_ignored) there is nothing
/// to mend.
constexpr std::array kPlatformReadings{
    PlatformReading{
        ErrorClass::kBlockedAddress, 0, symptom("platform_address_blocked"),
        "if the address is meant: list its network in platforms.{}.outbound_allow or YIZHAN_OUTBOUND_ALLOW; "
        "otherwise correct the URL"},
    PlatformReading{
        ErrorClass::kDns, 0, symptom("platform_name_unresolved"),
        "correct the host name in platforms.{}.base_url, or mend this machine's resolver (outbound.dns_servers)"},
    PlatformReading{ErrorClass::kConnect, 0, symptom("platform_unreachable"),
                    "is {} up, and is its port open from here? Correct platforms.{}.base_url if not"},
    PlatformReading{ErrorClass::kTls, 0, symptom("platform_tls_refused"),
                    "let {} renew its certificate; a private authority's goes into platforms.{}.ca_file"},
    PlatformReading{ErrorClass::kTimeout, 0, symptom("platform_slow"),
                    "is {} overloaded? Raise platforms.{}.timeout_ms only if it always needs longer"},
    PlatformReading{ErrorClass::kHttp4xx, 401, symptom("platform_signature_refused"),
                    "compare platforms.{}.secret and its signing scheme with what the platform has; then replay"},
    PlatformReading{ErrorClass::kHttp4xx, 403, symptom("platform_signature_refused"),
                    "compare platforms.{}.secret and its signing scheme with what the platform has; then replay"},
    PlatformReading{ErrorClass::kHttp4xx, 404, symptom("platform_path_unknown"),
                    "correct the path in platforms.{}.base_url, or the events' callback_target"},
    PlatformReading{ErrorClass::kHttp4xx, 429, symptom("platform_throttles"), "lower platforms.{}.rate_per_second"},
    PlatformReading{ErrorClass::kHttp4xx, 0, symptom("platform_refuses"),
                    "the answer on record says why: 'yizhan attempts EVENT'; {} or the producer has to change"},
    PlatformReading{ErrorClass::kHttp5xx, 0, symptom("platform_fails"), "{} has to mend it; retries go on"},
    PlatformReading{ErrorClass::kRedirect, 0, symptom("platform_redirects"),
                    "redirects are never followed: put the final URL into platforms.{}.base_url"},
    PlatformReading{ErrorClass::kProtocol, 0, symptom("platform_not_http"),
                    "wrong port, or http against an https port? Correct platforms.{}.base_url"},
    PlatformReading{ErrorClass::kResponseTooLarge, 0, symptom("platform_not_http"),
                    "the address is no callback endpoint: correct platforms.{}.base_url"},
    PlatformReading{
        ErrorClass::kPushUnauthorized, 0, symptom("push_credentials_refused"),
        "compare PUSH_TOKEN (or Getui's app id, app key and master secret) with what the service has; check the "
        "clock"},
    PlatformReading{ErrorClass::kPushThrottled, 0, symptom("platform_throttles"),
                    "lower push.rate_per_second, or have the quota raised; retries go on"},
    PlatformReading{
        ErrorClass::kPushRefused, 0, symptom("push_message_refused"),
        "'yizhan attempts EVENT' names the parameter; mend it, then 'yizhan notifications resend MESSAGE_ID'"},
    PlatformReading{ErrorClass::kPushFailed, 0, symptom("platform_fails"),
                    "the answer on record and the service's own log say why: 'yizhan attempts EVENT'"},
};

std::string with_platform(std::string_view text, std::string_view platform) {
  std::string out;
  for (;;) {
    const auto mark = text.find("{}");
    out += text.substr(0, mark);
    if (mark == std::string_view::npos) return out;
    out += platform;
    text.remove_prefix(mark + 2);
  }
}

std::optional<Finding> of_failure(const store::FailureCause& failure, UtcTime now) {
  const auto error_class = parse_error_class(failure.error_class);
  for (const PlatformReading& reading : kPlatformReadings) {
    if (error_class != reading.error_class) continue;
    if (reading.status != 0 && reading.status != failure.response_status) continue;
    std::string mend = with_platform(reading.mend, failure.platform);
    if (const auto event = mend.find("EVENT"); event != std::string::npos) mend.replace(event, 5, failure.example_id);
    return found(
        reading.symptom, failure.platform,
        fmt::format("{} ({}) in the last {} h. {}, {}: {}", counted(failure.count, "failed attempt", "failed attempts"),
                    failure.error_class, std::chrono::floor<std::chrono::hours>(kFailuresLookedAt).count(),
                    failure.example_id, relative_time(failure.newest_at, now), failure.example_error),
        std::move(mend));
  }
  return std::nullopt;
}

}  // namespace

std::vector<Finding> judge_platforms(const PlatformFacts& facts, UtcTime now) {
  std::vector<Finding> findings;
  for (const store::DisabledEndpoint& endpoint : facts.disabled) {
    findings.push_back(
        found(symptom("endpoint_disabled"), endpoint.platform,
              fmt::format("{} is disabled since {}: {} Its events wait.", endpoint.url,
                          relative_time(endpoint.disabled_at, now), endpoint.reason),
              fmt::format("when it takes callbacks again: 'yizhan endpoints enable {}'", endpoint.endpoint_key)));
  }
  for (const EndpointSeen& endpoint : facts.endpoints) {
    if (endpoint.breaker != "open" && endpoint.breaker != "half_open") continue;
    findings.push_back(found(
        symptom("breaker_open"), endpoint.platform,
        fmt::format("{} failed {} times in a row: {}", endpoint.url, endpoint.failures_in_row, endpoint.last_error),
        "mend what is said of the platform here; it is tried again by itself, and closes with "
        "the first success"));
  }
  for (const store::FailureCause& failure : facts.failures) {
    if (auto finding = of_failure(failure, now)) findings.push_back(std::move(*finding));
  }
  return findings;
}

void check_platforms(const Installation& installation, Notes& notes) {
  PlatformFacts facts;
  if (installation.service.endpoints_unknown_because.empty()) {
    facts.endpoints = installation.service.endpoints;
  } else {
    notes.skip("breakers: " + installation.service.endpoints_unknown_because);
  }
  if (notes.has_store(installation)) {
    store::Store& store = *installation.store;
    if (auto disabled = notes.look(store.disabled_endpoints())) facts.disabled = std::move(*disabled);
    const auto failures = notes.look(store::failure_causes(store, installation.now - kFailuresLookedAt));
    for (const store::FailureCause& failure : failures.value_or(std::vector<store::FailureCause>{})) {
      const auto example = notes.look(store.find_event(failure.example_id, false));
      if (!example || !*example || (*example)->status == EventStatus::kDelivered) continue;
      facts.failures.push_back(failure);
    }
  }
  notes.add(judge_platforms(facts, installation.now));
}

}  // namespace yizhan::doctor

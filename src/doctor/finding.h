// What `yizhan doctor` says: symptoms, each under a stable code that docs/operations.md explains, and findings, which
// are symptoms with their evidence and what mends them. START HERE; examination.h runs the checks that make findings.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace yizhan::doctor {

/// How much a symptom weighs; findings are told in this order.
enum class Weight {
  kDown,     ///< nothing works: the store, a port, the process
  kLoss,     ///< something is lost, or may be
  kTrouble,  ///< one platform, source or lane does not work, or something will not be done by itself
  kWarning,  ///< it works, and will stop working or hides something
  kNote,     ///< worth knowing, nothing is wrong
};
/// `down`, `loss`, `trouble`, `warning`, `note`.
constexpr std::string_view to_string(Weight weight) {
  constexpr std::array<std::string_view, 5> kNames{"down", "loss", "trouble", "warning", "note"};
  return kNames[static_cast<std::size_t>(weight)];
}

struct Symptom {
  std::string_view code;
  Weight weight;
};

/// All there are, by check. docs/operations.md has the same codes; a test compares.
inline constexpr std::array kSymptoms{
    // service
    Symptom{"port_taken", Weight::kDown},
    Symptom{"service_not_running", Weight::kDown},
    Symptom{"service_not_answering", Weight::kDown},
    Symptom{"service_not_ready", Weight::kDown},
    Symptom{"store_served_elsewhere", Weight::kDown},
    // configuration
    Symptom{"configuration_invalid", Weight::kDown},
    Symptom{"credentials_required", Weight::kDown},
    Symptom{"secret_missing", Weight::kTrouble},
    Symptom{"configuration_doubtful", Weight::kWarning},
    // store
    Symptom{"store_missing", Weight::kDown},
    Symptom{"store_unavailable", Weight::kDown},
    Symptom{"store_corrupt", Weight::kDown},
    Symptom{"store_newer", Weight::kDown},
    Symptom{"schema_outdated", Weight::kDown},
    Symptom{"disk_full", Weight::kDown},
    Symptom{"durability_off", Weight::kLoss},
    Symptom{"quota_exceeded", Weight::kTrouble},
    Symptom{"failover_can_lose", Weight::kWarning},
    Symptom{"store_setting_doubtful", Weight::kWarning},
    Symptom{"disk_low", Weight::kWarning},
    Symptom{"quota_low", Weight::kWarning},
    Symptom{"sync_slow", Weight::kWarning},
    Symptom{"log_held", Weight::kWarning},
    // tables
    Symptom{"schema_to_mend", Weight::kTrouble},
    // accounting
    Symptom{"ledger_mismatch", Weight::kLoss},
    Symptom{"dead_letters", Weight::kTrouble},
    Symptom{"platform_unknown", Weight::kTrouble},
    Symptom{"events_set_aside", Weight::kTrouble},
    Symptom{"events_overdue", Weight::kTrouble},
    // platforms
    Symptom{"endpoint_disabled", Weight::kTrouble},
    Symptom{"breaker_open", Weight::kTrouble},
    Symptom{"platform_address_blocked", Weight::kTrouble},
    Symptom{"platform_name_unresolved", Weight::kTrouble},
    Symptom{"platform_unreachable", Weight::kTrouble},
    Symptom{"platform_tls_refused", Weight::kTrouble},
    Symptom{"platform_signature_refused", Weight::kTrouble},
    Symptom{"platform_path_unknown", Weight::kTrouble},
    Symptom{"platform_slow", Weight::kTrouble},
    Symptom{"platform_throttles", Weight::kTrouble},
    Symptom{"platform_refuses", Weight::kTrouble},
    Symptom{"platform_redirects", Weight::kTrouble},
    Symptom{"platform_not_http", Weight::kTrouble},
    Symptom{"platform_fails", Weight::kTrouble},
    Symptom{"push_credentials_refused", Weight::kTrouble},
    Symptom{"push_message_refused", Weight::kTrouble},
    // sources
    Symptom{"source_signature_refused", Weight::kTrouble},
    Symptom{"source_clock_differs", Weight::kTrouble},
    Symptom{"source_rejected", Weight::kTrouble},
    Symptom{"source_silent", Weight::kWarning},
    // notify
    Symptom{"order_hidden_by_rls", Weight::kTrouble},
    Symptom{"jwt_not_decoded", Weight::kTrouble},
    Symptom{"jwt_expired", Weight::kTrouble},
    Symptom{"postgrest_unwell", Weight::kTrouble},
    Symptom{"on_conflict_unmatched", Weight::kTrouble},
    Symptom{"order_not_found", Weight::kTrouble},
    Symptom{"notify_failed", Weight::kTrouble},
    Symptom{"notify_stands_still", Weight::kTrouble},
    Symptom{"devices_missing", Weight::kTrouble},
    Symptom{"merchant_missing", Weight::kWarning},
    Symptom{"notification_empty", Weight::kWarning},
    Symptom{"tracking_text_empty", Weight::kNote},
    // keys
    Symptom{"supa_key_mismatch", Weight::kTrouble},
    Symptom{"supa_key_expired", Weight::kTrouble},
    Symptom{"supa_key_role_insufficient", Weight::kTrouble},
    Symptom{"supa_key_malformed", Weight::kTrouble},
    Symptom{"supa_key_expires_soon", Weight::kWarning},
    Symptom{"jwt_secret_short", Weight::kWarning},
    // certificates
    Symptom{"certificate_expired", Weight::kTrouble},
    Symptom{"certificate_unreadable", Weight::kTrouble},
    Symptom{"certificate_expires_soon", Weight::kWarning},
    // clock
    Symptom{"clock_wrong", Weight::kTrouble},
    Symptom{"clock_differs", Weight::kWarning},
    Symptom{"clock_unsynchronised", Weight::kNote},
};

struct Finding {
  std::string_view code;
  Weight weight = Weight::kNote;
  std::string subject;   ///< a platform, a source, a file, an address; may be empty
  std::string evidence;  ///< what was seen, one or two sentences
  std::string mend;      ///< what to do; a command as it is typed, where there is one
};

/// A code that is not in kSymptoms does not compile.
consteval Symptom symptom(std::string_view code) {
  for (const Symptom& each : kSymptoms) {
    if (each.code == code) return each;
  }
  throw "no such symptom";
}

inline Finding found(const Symptom& what, std::string subject, std::string evidence, std::string mend) {
  return {.code = what.code,
          .weight = what.weight,
          .subject = std::move(subject),
          .evidence = std::move(evidence),
          .mend = std::move(mend)};
}

}  // namespace yizhan::doctor

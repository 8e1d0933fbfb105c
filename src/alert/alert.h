// READ FIRST for alerts: what an alert says.
//
//   rules (pure) ──▶ episodes (pure) ──▶ store/alerts.h: ONE transaction: the episode's row + an outbox event for each
//   what holds now   one alert when it     channel ──▶ dispatch/, as any event, on the lane of `alert:<channel>`
//                    begins, one a window
//                    while it lasts, one
//                    when it is over
//
// The outbox event of an alert has platform `alert:<channel>`, type `alert.raised`, `alert.continues`, `alert.cleared`
// or `alert.test`, the episode's id as correlation, and the Alert as payload:
//   {"id":…,"cause":…,"rule":…,"subject":…,"state":"raised","title":…,"facts":[["count","3"],…],"count":3,
//    "raised_at":"2026-02-06T08:30:00.000000Z","at":"…"}
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace yizhan::alert {

/// Platforms of this name carry alerts. They are never the subject of one: an alert about a channel that fails would
/// go out on the channel that fails.
inline constexpr std::string_view kPlatformPrefix = "alert:";
constexpr bool is_alert_platform(std::string_view platform) {
  return platform.starts_with(kPlatformPrefix);
}

/// What can go wrong, each by a stable name; kTest is none of it: an operator tries the channels.
enum class Rule {
  kFailures,           ///< `failures`: callbacks rejected, attempts failed
  kDeadLetter,         ///< `dead_letter`
  kEndpointDisabled,   ///< `endpoint_disabled`: it answered 410
  kBreakerOpen,        ///< `breaker_open`
  kBacklogAge,         ///< `backlog_age`
  kProviderSilence,    ///< `provider_silence`
  kLedgerMismatch,     ///< `ledger_mismatch`
  kCertificateExpiry,  ///< `certificate_expiry`
  kStoreSpace,         ///< `store_space`
  kTest,               ///< `test`
};
inline constexpr std::array kAllRules{
    Rule::kFailures,        Rule::kDeadLetter,     Rule::kEndpointDisabled,  Rule::kBreakerOpen, Rule::kBacklogAge,
    Rule::kProviderSilence, Rule::kLedgerMismatch, Rule::kCertificateExpiry, Rule::kStoreSpace,  Rule::kTest};
std::string_view to_string(Rule rule);
std::optional<Rule> parse_rule(std::string_view text);

/// Evidence, in the order in which it is shown: `count`, `since`, `error_class`, `example`, …; names are stable. The
/// last one is `next`, a command that says more.
using Facts = std::vector<std::pair<std::string, std::string>>;

struct Alert {
  enum class State {
    kRaised,     ///< it begins to hold
    kContinues,  ///< a window has passed and it still holds
    kCleared,    ///< it has not held for a while
  };

  std::string id;     ///< of the episode: the same from raised to cleared
  std::string cause;  ///< stable: `<rule>:<subject>`, as `dead_letter:sub2api`
  Rule rule = Rule::kTest;
  std::string subject;  ///< a platform, a source, an endpoint's URL without its query, a certificate, …
  State state = State::kRaised;
  std::string title;  ///< one line, plain English
  Facts facts;
  std::int64_t count = 0;  ///< occurrences so far in this episode
  UtcTime raised_at{};
  UtcTime at{};  ///< of this alert
};

/// `raised`, `continues`, `cleared`.
std::string_view to_string(Alert::State state);
/// Of the outbox event: `alert.raised`, …; of a test `alert.test`.
std::string event_type(const Alert& alert);

/// As JSON, on one line.
std::string write_alert(const Alert& alert);
std::string write_facts(const Facts& facts);
/// Whatever else the payload has is passed over. Codes `json_invalid`; `alert_invalid` says which member is missing or
/// what is wrong with it.
Result<Alert> read_alert(std::string_view payload);
Result<Facts> read_facts(std::string_view text);

}  // namespace yizhan::alert

#include "doctor/accounting_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "alert/alert.h"
#include "base/readable.h"
#include "store/push.h"

namespace yizhan::doctor {
namespace {

/// Platforms that are not configured as such, and are served: push, and the alerts'.
bool is_own_lane(std::string_view platform) {
  return platform == store::kPushPlatform || alert::is_alert_platform(platform);
}

void judge_ledger(const AccountingFacts& facts, std::vector<Finding>& findings) {
  for (const LedgerLine& line : facts.ledger) {
    if (line.mismatch() == 0) continue;
    findings.push_back(
        found(symptom("ledger_mismatch"), line.platform,
              fmt::format("{} accepted in the last {} days: {} {}.", counted(line.accepted, "event", "events"),
                          kLedgerSpan.count(), std::abs(line.mismatch()),
                          line.mismatch() > 0 ? "without a state" : "counted twice"),
              "'yizhan ledger' shows where; the SQL in docs/operations.md, \"The ledger does not sum "
              "up\", finds the events"));
  }
}

void judge_dead_letters(const AccountingFacts& facts, UtcTime now, std::vector<Finding>& findings) {
  std::map<std::string, std::vector<const store::DeadLetterCause*>> by_platform;
  for (const store::DeadLetterCause& cause : facts.dead_letters) by_platform[cause.platform].push_back(&cause);
  for (const auto& [platform, causes] : by_platform) {
    std::int64_t count = 0;
    std::string classes;
    for (const store::DeadLetterCause* cause : causes) {
      count += cause->count;
      classes += fmt::format("{}{} {}", classes.empty() ? "" : ", ", cause->count,
                             cause->error_class.empty() ? "by hand" : cause->error_class);
    }
    const store::DeadLetterCause& first = *causes.front();
    findings.push_back(found(symptom("dead_letters"), platform,
                             fmt::format("{}: {}. {}, {}: {}", counted(count, "dead letter", "dead letters"), classes,
                                         first.example_id, relative_time(first.newest_at, now), first.example_error),
                             fmt::format("mend the cause, then 'yizhan replay --platform {} --status dead_letter "
                                         "--preview'; 'yizhan dead-letters --platform {}' lists them",
                                         platform, platform)));
  }
}

void judge_set_aside(const AccountingFacts& facts, const config::Config& config, std::vector<Finding>& findings) {
  for (const store::SetAside& each : facts.set_aside) {
    const bool unknown = !is_own_lane(each.platform) && config.find_platform(each.platform) == nullptr;
    const std::string evidence =
        fmt::format("{} cannot be sent: {}", counted(each.count, "event", "events"), each.reason);
    if (unknown) {
      findings.push_back(found(symptom("platform_unknown"), each.platform, evidence,
                               fmt::format("add [platforms.{0}] and start the service again; or give them up: 'yizhan "
                                           "discard --platform {0} --reason …'",
                                           each.platform)));
    } else {
      findings.push_back(found(symptom("events_set_aside"), each.platform, evidence,
                               fmt::format("'yizhan events show {}' shows one; mend what is said, they are looked at "
                                           "again every minute",
                                           each.example_id)));
    }
  }
}

Milliseconds longest_due(const config::Config& config, std::string_view platform) {
  DeliveryPolicy policy;
  if (platform == store::kPushPlatform) policy = config.push.policy;
  if (const config::Platform* configured = config.find_platform(platform)) policy = configured->policy;
  return policy.poll_interval + policy.breaker_open_max + policy.timeout + kOverdueMargin;
}

void judge_backlog(const AccountingFacts& facts, const config::Config& config, UtcTime now,
                   std::vector<Finding>& findings) {
  for (const store::PlatformBacklog& waiting : facts.backlog) {
    // Those of a disabled endpoint wait because they are to.
    const auto is_of = [&](const store::DisabledEndpoint& each) { return each.endpoint_key == waiting.endpoint_key; };
    if (std::ranges::any_of(facts.disabled, is_of)) continue;
    if (now - waiting.oldest_due_at <= longest_due(config, waiting.platform)) continue;
    findings.push_back(found(
        symptom("events_overdue"), waiting.platform,
        fmt::format("Its oldest event was due {}, and nobody has tried it.", relative_time(waiting.oldest_due_at, now)),
        fmt::format("if the service runs with the role dispatch: 'yizhan endpoints list' shows what holds {} "
                    "back (breaker, rate, in-flight limit)",
                    waiting.platform)));
  }
}

}  // namespace

std::vector<Finding> judge_accounting(const AccountingFacts& facts, const config::Config& config, UtcTime now) {
  std::vector<Finding> findings;
  judge_ledger(facts, findings);
  judge_dead_letters(facts, now, findings);
  judge_set_aside(facts, config, findings);
  judge_backlog(facts, config, now, findings);
  return findings;
}

void check_accounting(const Installation& installation, Notes& notes) {
  if (!notes.has_store(installation)) return;
  store::Store& store = *installation.store;
  AccountingFacts facts;
  if (auto ledger = notes.look(store.ledger({.created_from = installation.now - kLedgerSpan}, false))) {
    facts.ledger = std::move(ledger->lines);
  }
  if (auto seen = notes.look(store::dead_letter_causes(store, std::nullopt))) facts.dead_letters = std::move(*seen);
  if (auto seen = notes.look(store::backlog(store, installation.now))) facts.backlog = std::move(*seen);
  if (auto seen = notes.look(store::set_aside(store))) facts.set_aside = std::move(*seen);
  if (auto seen = notes.look(store.disabled_endpoints())) facts.disabled = std::move(*seen);
  notes.add(judge_accounting(facts, installation.config, installation.now));
}

}  // namespace yizhan::doctor

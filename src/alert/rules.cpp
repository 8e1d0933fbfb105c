#include "alert/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "domain/expiry.h"
#include "domain/silence.h"

namespace yizhan::alert {
namespace {

using Conditions = std::vector<Condition>;

std::string span_text(Microseconds span) {
  using std::chrono::floor;
  if (span < Seconds{120}) return fmt::format("{} s", floor<Seconds>(span).count());
  if (span < std::chrono::minutes{120}) return fmt::format("{} min", floor<std::chrono::minutes>(span).count());
  if (span < std::chrono::hours{48}) return fmt::format("{} h", floor<std::chrono::hours>(span).count());
  return fmt::format("{} days", floor<std::chrono::days>(span).count());
}

std::string counted(std::int64_t count, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

/// What the store says of why, on top of what was counted here.
template <class Cause>
void add_cause(Facts& facts, const Cause& cause) {
  if (!cause.error_class.empty()) facts.emplace_back("error_class", cause.error_class);
  if (!cause.example_error.empty()) facts.emplace_back("error", cause.example_error);
  if (!cause.example_id.empty()) facts.emplace_back("example", cause.example_id);
}

/// The most frequent one of the platform; they are sorted so. Null when the store knows none.
template <class Cause>
const Cause* first_of(const std::vector<Cause>& causes, const std::string& platform) {
  const auto found = std::ranges::find(causes, platform, &Cause::platform);
  return found == causes.end() ? nullptr : &*found;
}

void failed_attempts(const Observed& observed, const RuleSettings& settings, Conditions& found) {
  for (const auto& [platform, count] : observed.tallies.within_window(&Tallies::failed_attempts)) {
    if (is_alert_platform(platform) || count < settings.failures_count) continue;
    Condition condition{
        .rule = Rule::kFailures,
        .subject = "platform:" + platform,
        .title = fmt::format("{} to deliver to platform {} failed within {}", counted(count, "attempt", "attempts"),
                             platform, span_text(settings.failures_window)),
        .facts = {},
        .occurrences = observed.tallies.added_last(&Tallies::failed_attempts, platform),
        .known = count};
    const auto* cause = first_of(observed.failures, platform);
    if (cause != nullptr) add_cause(condition.facts, *cause);
    condition.facts.emplace_back(
        "next", cause != nullptr ? "yizhan trace " + cause->example_id : std::string("yizhan attempts"));
    found.push_back(std::move(condition));
  }
}

void rejected_callbacks(const Observed& observed, const RuleSettings& settings, Conditions& found) {
  for (const auto& [source, count] : observed.tallies.within_window(&Tallies::rejected)) {
    if (count < settings.failures_count) continue;
    Condition condition{
        .rule = Rule::kFailures,
        .subject = "source:" + source,
        .title = fmt::format("{} of source {} rejected within {}", counted(count, "callback", "callbacks"), source,
                             span_text(settings.failures_window)),
        .facts = {},
        .occurrences = observed.tallies.added_last(&Tallies::rejected, source),
        .known = count};
    const auto activity = std::ranges::find(observed.sources, source, &store::SourceActivity::source);
    if (activity != observed.sources.end() && !activity->last_reason.empty()) {
      condition.facts.emplace_back("reason", activity->last_reason);
    }
    condition.facts.emplace_back("next", fmt::format("yizhan callbacks list --source {} --verdict rejected", source));
    found.push_back(std::move(condition));
  }
}

void dead_letters(const Observed& observed, const RuleSettings& settings, UtcTime now, Conditions& found) {
  std::map<std::string, std::int64_t> by_platform = observed.tallies.within_window(&Tallies::dead_letters);
  std::map<std::string, std::int64_t> known;
  for (const store::DeadLetterCause& cause : observed.dead_letters) {
    if (now - cause.newest_at >= settings.told_within) known[cause.platform] += cause.count;
  }
  for (const auto& [platform, count] : known) by_platform.try_emplace(platform, count);
  for (const auto& [platform, count] : by_platform) {
    if (is_alert_platform(platform)) continue;
    Condition condition{
        .rule = Rule::kDeadLetter,
        .subject = platform,
        .title = fmt::format("{} at platform {}", counted(count, "new dead letter", "new dead letters"), platform),
        .facts = {},
        .occurrences = observed.tallies.added_last(&Tallies::dead_letters, platform),
        .known = count};
    if (const auto* cause = first_of(observed.dead_letters, platform)) add_cause(condition.facts, *cause);
    condition.facts.emplace_back("next", "yizhan dead-letters --platform " + platform);
    found.push_back(std::move(condition));
  }
}

void disabled_endpoints(const Observed& observed, Conditions& found) {
  for (const store::DisabledEndpoint& endpoint : observed.disabled) {
    if (is_alert_platform(endpoint.platform)) continue;
    found.push_back({.rule = Rule::kEndpointDisabled,
                     .subject = endpoint.platform + " " + endpoint.url,
                     .title = fmt::format("Endpoint {} of platform {} is disabled; its events wait", endpoint.url,
                                          endpoint.platform),
                     .facts = {{"platform", endpoint.platform},
                               {"reason", endpoint.reason},
                               {"since", to_rfc3339(endpoint.disabled_at)},
                               {"next", fmt::format("yizhan endpoints enable {}", endpoint.endpoint_key)}}});
  }
}

void open_breakers(const Observed& observed, Conditions& found) {
  for (const OpenBreaker& breaker : observed.breakers) {
    if (is_alert_platform(breaker.platform)) continue;
    Condition condition{
        .rule = Rule::kBreakerOpen,
        .subject = breaker.platform + " " + breaker.url,
        .title = fmt::format("Endpoint {} of platform {} keeps failing; it is tried now and then only", breaker.url,
                             breaker.platform),
        .facts = {{"platform", breaker.platform}, {"failures_in_row", fmt::to_string(breaker.failures_in_row)}}};
    if (!breaker.last_error.empty()) condition.facts.emplace_back("error", breaker.last_error);
    condition.facts.emplace_back("next", "yizhan endpoints list");
    found.push_back(std::move(condition));
  }
}

void backlog(const Observed& observed, const RuleSettings& settings, UtcTime now, Conditions& found) {
  std::set<std::int64_t> disabled;  // their events wait because of that, of which there is an alert
  for (const store::DisabledEndpoint& endpoint : observed.disabled) disabled.insert(endpoint.endpoint_key);
  for (const store::PlatformBacklog& waiting : observed.backlog) {
    if (is_alert_platform(waiting.platform) || disabled.contains(waiting.endpoint_key)) continue;
    const Microseconds age = now - waiting.oldest_due_at;
    const bool is_known = std::ranges::any_of(found, [&](const Condition& other) {
      return other.rule == Rule::kBacklogAge && other.subject == waiting.platform;  // of a longer wait
    });
    if (age < settings.backlog_age || is_known) continue;
    found.push_back(
        {.rule = Rule::kBacklogAge,
         .subject = waiting.platform,
         .title = fmt::format("Events for platform {} have been due for {} and are not sent", waiting.platform,
                              span_text(age)),
         .facts = {{"oldest_due_at", to_rfc3339(waiting.oldest_due_at)},
                   {"next", fmt::format("yizhan events list --platform {} --status pending,retrying --oldest-first",
                                        waiting.platform)}}});
  }
}

void silence(const Observed& observed, const RuleSettings& settings, UtcTime now, Conditions& found) {
  for (const store::SourceActivity& activity : observed.sources) {
    const auto setting = settings.silence.find(activity.source);
    if (setting == settings.silence.end() || !activity.last_accepted_at) continue;
    const auto longest = longest_silence(setting->second, activity.longest_gap, activity.sampled);
    const Microseconds silent = now - *activity.last_accepted_at;
    if (!longest || silent <= *longest) continue;
    found.push_back({.rule = Rule::kProviderSilence,
                     .subject = activity.source,
                     .title = fmt::format("No callback from source {} for {}", activity.source, span_text(silent)),
                     .facts = {{"last_accepted_at", to_rfc3339(*activity.last_accepted_at)},
                               {"longest_gap_before", span_text(activity.longest_gap)},
                               {"odd_after", span_text(*longest)},
                               {"next", "yizhan callbacks list --source " + activity.source}}});
  }
}

void ledger(const Observed& observed, Conditions& found) {
  std::map<std::string, std::pair<std::int64_t, std::optional<UtcTime>>> by_platform;
  for (const LedgerLine& line : observed.mismatches) {
    auto& [amount, first] = by_platform[line.platform];
    amount += line.mismatch();
    if (!first) first = line.minute;
  }
  for (const auto& [platform, mismatch] : by_platform) {
    const auto& [amount, first] = mismatch;
    Condition condition{.rule = Rule::kLedgerMismatch,
                        .subject = platform,
                        .title = fmt::format("The ledger of platform {} does not balance: {} {}", platform,
                                             counted(amount < 0 ? -amount : amount, "event", "events"),
                                             amount < 0 ? "counted twice" : "missing"),
                        .facts = {}};
    if (first) condition.facts.emplace_back("first_minute", to_rfc3339(*first));
    condition.facts.emplace_back("next", "yizhan ledger --by-minute");
    found.push_back(std::move(condition));
  }
}

void certificates(const Observed& observed, const RuleSettings& settings, UtcTime now, Conditions& found) {
  for (const WatchedCertificate& certificate : observed.certificates) {
    const Expiry expiry = judge_expiry(certificate.not_after, settings.certificate_notice, now);
    if (!expiry.near) continue;
    found.push_back({.rule = Rule::kCertificateExpiry,
                     .subject = certificate.subject,
                     .title = expiry.over ? fmt::format("The certificate of {} has expired", certificate.subject)
                                          : fmt::format("The certificate of {} expires in {}", certificate.subject,
                                                        counted(expiry.days_left, "day", "days")),
                     .facts = {{"certificate", certificate.name},
                               {"not_after", to_rfc3339(certificate.not_after)},
                               {"next", "yizhan config show"}}});
  }
}

void space(const Observed& observed, Conditions& found) {
  if (!observed.space || observed.space->used_share() < kSpaceWarning) return;
  Condition condition{
      .rule = Rule::kStoreSpace,
      .subject = "quota",
      .title = fmt::format("The store has used {:.0f} % of its room", observed.space->used_share() * 100),
      .facts = {{"used_bytes", fmt::to_string(observed.space->used_bytes)},
                {"quota_bytes", fmt::to_string(observed.space->quota_bytes)}}};
  if (observed.space->days_left) {
    condition.facts.emplace_back("days_left", fmt::format("{:.1f}", *observed.space->days_left));
  }
  condition.facts.emplace_back("next", "yizhan retention status");
  found.push_back(std::move(condition));
}

}  // namespace

std::vector<Condition> judge(const Observed& observed, const RuleSettings& settings, UtcTime now) {
  Conditions found;
  failed_attempts(observed, settings, found);
  rejected_callbacks(observed, settings, found);
  dead_letters(observed, settings, now, found);
  disabled_endpoints(observed, found);
  open_breakers(observed, found);
  backlog(observed, settings, now, found);
  silence(observed, settings, now, found);
  ledger(observed, found);
  certificates(observed, settings, now, found);
  space(observed, found);
  return found;
}

}  // namespace yizhan::alert

#include "doctor/source_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/readable.h"
#include "domain/silence.h"

namespace yizhan::doctor {
namespace {

/// What a rejection's reason begins with, when it speaks of who signed with what.
constexpr std::array<std::string_view, 5> kOfSignature{"signature_", "signing_key_", "certificate_",
                                                       "decryption_failed", "ciphertext_"};
constexpr std::string_view kOfTime = "timestamp_";

std::string seen(const store::SourceActivity& activity, UtcTime now) {
  const std::string accepted = activity.last_accepted_at
                                   ? "the last valid one came " + relative_time(*activity.last_accepted_at, now)
                                   : std::string("there was no valid one before");
  return fmt::format("Its last {} were rejected, the newest as {}; {}.",
                     activity.rejected_in_row >= store::kSampledCallbacks
                         ? fmt::format("{} callbacks and more", store::kSampledCallbacks)
                         : counted(activity.rejected_in_row, "callback", "callbacks"),
                     activity.last_reason, accepted);
}

Finding of_rejections(const store::SourceActivity& activity, UtcTime now) {
  const std::string_view reason = activity.last_reason;
  const std::string list = fmt::format("'yizhan callbacks list --source {} --verdict rejected'", activity.source);
  const auto begins = [&](std::string_view word) { return reason.starts_with(word); };
  if (begins(kOfTime)) {
    return found(symptom("source_clock_differs"), activity.source, seen(activity, now),
                 fmt::format("set this machine's clock ('timedatectl'), or have {0} set its own; sources.{0}."
                             "tolerance_seconds is how far they may differ",
                             activity.source));
  }
  if (std::ranges::any_of(kOfSignature, begins)) {
    return found(symptom("source_signature_refused"), activity.source, seen(activity, now),
                 fmt::format("compare the secrets and keys of sources.{} with what the sender has; {} shows what came",
                             activity.source, list));
  }
  return found(symptom("source_rejected"), activity.source, seen(activity, now),
               list + " shows them; the reason says what the sender, or the order, has to change");
}

}  // namespace

std::vector<Finding> judge_sources(const std::vector<store::SourceActivity>& activities, const config::Config& config,
                                   UtcTime now) {
  std::vector<Finding> findings;
  for (const store::SourceActivity& activity : activities) {
    const config::Source* source = config.find_source(activity.source);
    if (source == nullptr || !source->enabled) continue;
    if (activity.rejected_in_row >= kRejectedInRow) findings.push_back(of_rejections(activity, now));
    const auto odd = longest_silence(source->silence, activity.longest_gap, activity.sampled);
    if (!odd || !activity.last_accepted_at || now - *activity.last_accepted_at <= *odd) continue;
    findings.push_back(found(
        symptom("source_silent"), activity.source,
        fmt::format("Its last valid callback came {}; between its newest {} there was never more than {}.",
                    relative_time(*activity.last_accepted_at, now), activity.sampled,
                    readable_span(activity.longest_gap)),
        "does the sender still know this address, and does it reach it (DNS, firewall, proxy)? 'yizhan send-test' "
        "tries the receiver from here"));
  }
  return findings;
}

void check_sources(const Installation& installation, Notes& notes) {
  if (!notes.has_store(installation)) return;
  if (const auto activities = notes.look(store::source_activity(*installation.store))) {
    notes.add(judge_sources(*activities, installation.config, installation.now));
  }
}

}  // namespace yizhan::doctor

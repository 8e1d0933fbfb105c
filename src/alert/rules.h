// What is wrong now: pure functions of what was seen. A rule answers conditions that hold, each with its evidence and
// the command that says more; episodes.h makes alerts of them.
//
// Platforms of alerts (is_alert_platform) are never a subject.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "alert/episodes.h"
#include "domain/ledger.h"
#include "domain/retention.h"
#include "store/observations.h"
#include "store/store.h"

namespace yizhan::alert {

/// What this process has counted since its start, at one moment. By platform or source.
struct Tallies {
  UtcTime at{};
  std::map<std::string, std::uint64_t> failed_attempts{};
  std::map<std::string, std::uint64_t> dead_letters{};
  std::map<std::string, std::uint64_t> rejected{};  ///< without WeChat Pay's probes, which are meant to be
};

/// The tallies of the last while, sampled now and then: counting costs those who count nothing but their counters.
class TallyHistory {
 public:
  /// `start`: of the process, when everything was 0.
  explicit TallyHistory(UtcTime start) { samples_.push_back({.at = start}); }

  /// Adds a sample; forgets what is not needed to count back for `window`.
  void add(Tallies tallies, Seconds window);

  using Kind = std::map<std::string, std::uint64_t> Tallies::*;
  /// What was added within the window, by subject; none that is 0.
  std::map<std::string, std::int64_t> within_window(Kind kind) const;
  /// What the last sample added.
  std::int64_t added_last(Kind kind, const std::string& subject) const;

 private:
  std::deque<Tallies> samples_;  ///< oldest first; the first stands at the window's beginning or before
};

/// A breaker that is not closed.
struct OpenBreaker {
  std::string platform;
  std::string url;  ///< without its query
  int failures_in_row = 0;
  std::string last_error;
};

struct WatchedCertificate {
  std::string subject;  ///< where it is configured: `api.certificate_file`
  std::string name;     ///< as it calls itself
  UtcTime not_after{};
};

/// What there is to look at, at one moment.
struct Observed {
  TallyHistory tallies{UtcTime{}};
  std::vector<OpenBreaker> breakers{};
  std::vector<store::DisabledEndpoint> disabled{};
  std::vector<store::PlatformBacklog> backlog{};
  std::vector<store::FailureCause> failures{};         ///< within the window
  std::vector<store::DeadLetterCause> dead_letters{};  ///< within the window
  std::vector<store::SourceActivity> sources{};
  std::vector<LedgerLine> mismatches{};  ///< lines of finished minutes that do not sum up
  std::vector<WatchedCertificate> certificates{};
  std::optional<StoreSpace> space{};  ///< empty: not known yet
};

struct RuleSettings {
  std::int64_t failures_count = 1;
  Seconds failures_window{300};
  /// Dead letters that are older than this and that nobody told of: the process that made them is gone.
  Seconds told_within{30};
  Seconds backlog_age{600};
  std::chrono::days certificate_notice{14};
  /// By source, as domain/silence.h reads it. Sources that are not in it are not watched.
  std::map<std::string, Seconds> silence{};
};

/// Everything that holds.
std::vector<Condition> judge(const Observed& observed, const RuleSettings& settings, UtcTime now);

}  // namespace yizhan::alert

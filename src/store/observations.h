// What the rows say about how things are going: for `yizhan doctor` and for the alert rules, who ask the same
// questions. Functions of a Store, written once for both engines (Store::look).
//
// Each costs index probes for every source, platform or class in hand, or reads a bounded stretch of the newest rows:
// none reads history, so that they may be asked every few seconds beside live traffic. Errors as in store.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace yizhan::store {

class Store;

/// How often a source sends, judged by its newest callbacks.
struct SourceActivity {
  std::string source;
  UtcTime last_accepted_at{};        ///< duplicates count; rejected ones do not
  Milliseconds longest_gap{};        ///< between two neighbours among the newest `kSampledCallbacks` accepted ones
  std::int64_t sampled = 0;          ///< how many that were
  std::int64_t rejected_in_row = 0;  ///< rejected since the last accepted one, at most kSampledCallbacks
  std::string last_reason;           ///< of the newest rejected one among those
};
inline constexpr int kSampledCallbacks = 500;
/// By source; sources that never sent anything are not in it.
Result<std::vector<SourceActivity>> source_activity(Store& store);

/// What waits at one platform.
struct PlatformBacklog {
  std::string platform;
  std::int64_t endpoint_key = 0;
  UtcTime oldest_due_at{};  ///< next_attempt_at of its event that has been due longest; leased ones do not count
};
/// Endpoints that have an event which was due before `now`, longest first.
Result<std::vector<PlatformBacklog>> backlog(Store& store, UtcTime now);

/// Dead letters by what killed them.
struct DeadLetterCause {
  std::string platform;
  std::string error_class;
  std::int64_t count = 0;  ///< among the newest `kSampledDeadLetters`
  UtcTime newest_at{};
  std::string example_id;
  std::string example_error;
};
inline constexpr int kSampledDeadLetters = 10'000;
/// The most frequent first. Those that died since `since`; all of them where it is empty.
Result<std::vector<DeadLetterCause>> dead_letter_causes(Store& store, std::optional<UtcTime> since);

/// Failed attempts by platform and class, among the newest `kSampledAttempts` attempts since `since`.
struct FailureCause {
  std::string platform;
  std::string error_class;
  std::int64_t response_status = 0;  ///< of the newest
  std::int64_t count = 0;
  UtcTime newest_at{};
  std::string example_id;
  std::string example_error;
};
inline constexpr int kSampledAttempts = 5'000;
Result<std::vector<FailureCause>> failure_causes(Store& store, UtcTime since);

}  // namespace yizhan::store

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
  /// Duplicates count as accepted. Empty: none of the newest `kSampledCallbacks` was.
  std::optional<UtcTime> last_accepted_at{};
  Milliseconds longest_gap{};        ///< between two neighbours of the accepted ones among those
  std::int64_t sampled = 0;          ///< how many of them were accepted
  std::int64_t rejected_in_row = 0;  ///< rejected since the last accepted one, at most kSampledCallbacks
  std::string last_reason{};         ///< of the newest of these
};
inline constexpr int kSampledCallbacks = 500;
/// By name; sources that never sent anything are not in it.
Result<std::vector<SourceActivity>> source_activity(Store& store);

/// What waits at one platform.
struct PlatformBacklog {
  std::string platform;
  std::int64_t endpoint_key = 0;
  UtcTime oldest_due_at{};  ///< next_attempt_at of its event that has been due longest; leased ones do not count
};
/// Endpoints that have an event which was due before `now`, longest first. kUnrouted is among them, with the platform
/// of its first event.
Result<std::vector<PlatformBacklog>> backlog(Store& store, UtcTime now);

/// Events that were given back without an attempt because they cannot be sent as things are: their platform is not
/// configured, or their target is no URL. Looked at again now and then.
struct SetAside {
  std::string platform;
  std::string reason;
  std::int64_t count = 0;  ///< among the first `kSampledInLine` of each endpoint
  std::string example_id;
};
inline constexpr int kSampledInLine = 100;
/// By platform and reason.
Result<std::vector<SetAside>> set_aside(Store& store);

/// Dead letters by what killed them. What was discarded since is none.
struct DeadLetterCause {
  std::string platform;
  std::string error_class;
  std::int64_t count = 0;  ///< among the newest `kSampledDeadLetters`
  UtcTime newest_at{};
  std::string example_id;
  std::string example_error;
};
inline constexpr int kSampledDeadLetters = 10'000;
/// The most frequent first. Those that died since `since`; of any age where it is empty.
Result<std::vector<DeadLetterCause>> dead_letter_causes(Store& store, std::optional<UtcTime> since);

/// Failed attempts by platform and class.
struct FailureCause {
  std::string platform;
  std::string error_class;
  std::int64_t response_status = 0;  ///< of the newest
  std::int64_t count = 0;            ///< among the newest `kSampledAttempts` failed ones
  UtcTime newest_at{};
  std::string example_id;  ///< of the newest one's event
  std::string example_error;
};
inline constexpr int kSampledAttempts = 5'000;
/// The most frequent first; attempts that began at `since` or later.
Result<std::vector<FailureCause>> failure_causes(Store& store, UtcTime since);

}  // namespace yizhan::store

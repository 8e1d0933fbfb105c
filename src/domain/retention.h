// How long what is finished is kept: pure decisions about age, pressure of space and pace. What they are made about is
// in store/retention.h.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace yizhan {

/// What goes, in the order in which a pass takes it.
enum class RetentionKind {
  kEventBodies,     ///< payload and stored answers of delivered events; the row stays
  kAttempts,        ///< attempts of delivered events
  kDelivered,       ///< delivered events with their attempts
  kDiscarded,       ///< discarded events with their attempts
  kDeadLetters,     ///< dead letters with their attempts
  kCallbackBodies,  ///< bodies of what was received; the row stays
  kCallbacks,       ///< what was received, with its search keys
  kNotifyQueue,     ///< rows of notify_queue that were looked at
  kNotifications,   ///< finished notifications with what became of them on each device
  kTrackingEvents,  ///< steps of parcels that have stood still as long
};
inline constexpr std::size_t kRetentionKinds = 10;

/// `event_bodies`, `attempts`, `delivered`, `discarded`, `dead_letters`, `callback_bodies`, `callbacks`,
/// `notify_queue`, `notifications`, `tracking_events`.
std::string_view to_string(RetentionKind kind);

/// By kind; 0 days: for ever.
struct RetentionAges {
  std::array<std::chrono::days, kRetentionKinds> days{};

  std::chrono::days& operator[](RetentionKind kind) { return days[static_cast<std::size_t>(kind)]; }
  std::chrono::days operator[](RetentionKind kind) const { return days[static_cast<std::size_t>(kind)]; }
};

/// Idempotency keys are known for 7 full days. What repetitions are compared with is kept a day longer than that,
/// whatever the ages say.
inline constexpr std::chrono::days kComparedFor{8};

/// What ended before this moment goes; empty: nothing does. At each step of `pressure` delivered events and their
/// bodies are kept half as long, never less than a day.
std::optional<UtcTime> retention_limit(const RetentionAges& ages, RetentionKind kind, int pressure, UtcTime now);

/// A closed event that a batch looks at.
struct RetentionCandidate {
  UtcTime created_at{};
  UtcTime closed_at{};
  bool has_key = false;      ///< a repetition may still be compared with it
  bool in_one_state = true;  ///< otherwise it is what the ledger has to show, and stays
};
bool may_go(const RetentionCandidate& candidate, UtcTime limit, UtcTime now);

/// How long a batch is to take: with a connection of its own, and on the thread that also writes everything else, where
/// whoever hands something over waits for it.
inline constexpr Milliseconds kBatchTarget{10};
inline constexpr Milliseconds kBatchTargetOnWriter{1};
/// Rows of the next batch, after one of `rows` took `took`: so many that it takes `target`, at most twice as many as
/// before.
int next_batch_rows(int rows, Microseconds took, Milliseconds target, int most);

/// Until the next batch: `pause`, or longer where the last one had to wait for live traffic.
Microseconds pause_after(Microseconds waited, Microseconds took, Milliseconds pause);

/// How much room the store takes, and may take.
struct StoreSpace {
  std::int64_t used_bytes = 0;
  std::int64_t quota_bytes = 0;              ///< 0: not known
  std::optional<std::int64_t> free_bytes{};  ///< of the file system; empty where the server is elsewhere
  std::optional<double> days_left{};         ///< at the growth of the last days; empty: it does not grow, or not known

  double used_share() const {
    return quota_bytes > 0 ? static_cast<double>(used_bytes) / static_cast<double>(quota_bytes) : 0;
  }
};
inline constexpr double kSpaceWarning = 0.80;
inline constexpr double kSpaceShort = 0.95;

/// The pressure for the next pass: one more while room is short and still shrinking, none once it is not short. A
/// store that stopped growing uses what was given back within its files.
int next_pressure(int pressure, const StoreSpace& now, const StoreSpace& before);

}  // namespace yizhan

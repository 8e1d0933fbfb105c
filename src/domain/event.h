// An outbound event and the states it passes through. The picture is docs/states.md; the table below is its only code.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace yizhan {

enum class EventStatus {
  kPending,     ///< accepted; no failed attempt in this run
  kRetrying,    ///< at least one attempt of this run failed; another is due at next_attempt_at
  kDelivered,   ///< an attempt was answered with 2xx
  kDeadLetter,  ///< every attempt of the run failed
  kDiscarded,   ///< an operator gave it up, with a reason
};
inline constexpr std::array kAllEventStatuses{EventStatus::kPending, EventStatus::kRetrying, EventStatus::kDelivered,
                                              EventStatus::kDeadLetter, EventStatus::kDiscarded};

/// `pending`, `retrying`, `delivered`, `dead_letter`, `discarded`: as the store and the API spell them.
std::string_view to_string(EventStatus status);
std::optional<EventStatus> parse_event_status(std::string_view text);

/// Whether the event is still waiting for something to happen: pending or retrying.
constexpr bool is_open(EventStatus status) {
  return status == EventStatus::kPending || status == EventStatus::kRetrying;
}

enum class Transition {
  kDeliver,  ///< an attempt succeeded
  kRetry,    ///< an attempt failed, another follows
  kBury,     ///< an attempt failed, none follows: dead letter
  kDiscard,  ///< an operator gave the event up
  kReplay,   ///< an operator, or the runbook's SQL, sets it back to pending for a new run
};

/// The state that follows, or nothing when the transition is not allowed from `from`.
std::optional<EventStatus> next_status(EventStatus from, Transition transition);

}  // namespace yizhan

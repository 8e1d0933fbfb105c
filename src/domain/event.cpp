#include "domain/event.h"

namespace yizhan {

std::string_view to_string(EventStatus status) {
  switch (status) {
    case EventStatus::kPending:
      return "pending";
    case EventStatus::kRetrying:
      return "retrying";
    case EventStatus::kDelivered:
      return "delivered";
    case EventStatus::kDeadLetter:
      return "dead_letter";
    case EventStatus::kDiscarded:
      return "discarded";
  }
  return "";
}

std::optional<EventStatus> parse_event_status(std::string_view text) {
  for (const EventStatus status : kAllEventStatuses) {
    if (to_string(status) == text) return status;
  }
  return std::nullopt;
}

std::optional<EventStatus> next_status(EventStatus from, Transition transition) {
  switch (transition) {
    case Transition::kDeliver:
      if (is_open(from)) return EventStatus::kDelivered;
      break;
    case Transition::kRetry:
      if (is_open(from)) return EventStatus::kRetrying;
      break;
    case Transition::kBury:
      if (is_open(from)) return EventStatus::kDeadLetter;
      break;
    case Transition::kDiscard:
      if (is_open(from) || from == EventStatus::kDeadLetter) return EventStatus::kDiscarded;
      break;
    case Transition::kReplay:
      return EventStatus::kPending;
  }
  return std::nullopt;
}

}  // namespace yizhan

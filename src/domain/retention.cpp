#include "domain/retention.h"

#include <algorithm>

namespace yizhan {

std::string_view to_string(RetentionKind kind) {
  switch (kind) {
    case RetentionKind::kEventBodies:
      return "event_bodies";
    case RetentionKind::kAttempts:
      return "attempts";
    case RetentionKind::kDelivered:
      return "delivered";
    case RetentionKind::kDiscarded:
      return "discarded";
    case RetentionKind::kDeadLetters:
      return "dead_letters";
    case RetentionKind::kCallbackBodies:
      return "callback_bodies";
    case RetentionKind::kCallbacks:
      return "callbacks";
    case RetentionKind::kNotifyQueue:
      return "notify_queue";
    case RetentionKind::kNotifications:
      return "notifications";
    case RetentionKind::kTrackingEvents:
      break;
  }
  return "tracking_events";
}

std::optional<UtcTime> retention_limit(const RetentionAges& ages, RetentionKind kind, int pressure, UtcTime now) {
  const std::chrono::days age = ages[kind];
  if (age <= std::chrono::days{0}) return std::nullopt;
  Seconds kept = age;
  if (kind == RetentionKind::kDelivered || kind == RetentionKind::kEventBodies) {
    for (int step = 0; step < pressure; ++step) kept /= 2;
    kept = std::max<Seconds>(kept, std::chrono::days{1});
  }
  if (kind == RetentionKind::kCallbacks || kind == RetentionKind::kCallbackBodies) {
    kept = std::max<Seconds>(kept, kComparedFor);
  }
  return now - kept;
}

bool may_go(const RetentionCandidate& candidate, UtcTime limit, UtcTime now) {
  if (!candidate.in_one_state || candidate.closed_at >= limit) return false;
  return !candidate.has_key || candidate.closed_at < now - kComparedFor;
}

int next_batch_rows(int rows, Microseconds took, Milliseconds target, int most) {
  const auto fitting = rows * (Microseconds{target}.count() + 1) / (took.count() + 1);
  return static_cast<int>(std::clamp<std::int64_t>(std::min<std::int64_t>(fitting, std::int64_t{rows} * 2), 1, most));
}

Microseconds pause_after(Microseconds waited, Microseconds took, Milliseconds pause) {
  return std::max<Microseconds>(pause, pause.count() == 0 ? Microseconds{0} : 2 * (waited + took));
}

int next_pressure(int pressure, const StoreSpace& now, const StoreSpace& before) {
  constexpr int kMost = 10;
  if (now.used_share() < kSpaceShort) return 0;
  return now.used_bytes > before.used_bytes ? std::min(pressure + 1, kMost) : pressure;
}

}  // namespace yizhan

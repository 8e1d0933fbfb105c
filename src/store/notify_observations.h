// What the rows say about telling people: for `yizhan doctor`. As observations.h: bounded looks through indexes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace yizhan::store {

class Store;

/// Rows of `notify_queue` that did not become notifications, by their reason.
struct NotifyCause {
  std::string status;  ///< `failed`, `skipped`; empty: put off, it will be tried again
  std::string code;    ///< of last_error: what stands before its first colon
  std::int64_t count = 0;
  UtcTime newest_at{};     ///< when it was processed; of one that is put off, when it will be tried again
  std::string example_id;  ///< of the newest
  std::string example_error;
};
struct NotifyQueueState {
  std::vector<NotifyCause> causes;       ///< the most frequent first
  std::optional<UtcTime> oldest_due_at;  ///< of the rows that nobody has looked at yet; empty: there are none
};
inline constexpr int kSampledNotifyRows = 2'000;  ///< of those that ended, and of those that wait
/// Those that ended at `since` or later, and those that wait.
Result<NotifyQueueState> notify_queue_state(Store& store, UtcTime since);

/// Some of one kind among the notifications, or what they are about.
struct Noticed {
  std::int64_t count = 0;
  std::string example;
};
/// What notifications lack.
struct NotificationGaps {
  Noticed without_device{};      ///< ended `no-targets`, or wait for a device; example: `user u-1`, `merchant m-1`
  Noticed without_text{};        ///< neither title, body, content nor event_text_safe; example: the message_id
  Noticed without_merchant{};    ///< orders that have a user and no merchant; example: the order's id
  Noticed steps_without_text{};  ///< tracking events whose carrier said nothing in words; example: the tracking_no
};
inline constexpr int kSampledNotifications = 1'000;
/// Among the `kSampledNotifications` last ones by id, and as many tracking events, those made at `since` or later.
Result<NotificationGaps> notification_gaps(Store& store, UtcTime since);

}  // namespace yizhan::store

// One notification with what became of it on each device, for people.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/table.h"
#include "store/store.h"

namespace yizhan::cli {

/// A delivery with its attempts.
struct DeviceStory {
  store::DeliveryView delivery;
  std::vector<store::AttemptView> attempts;  ///< by attempt_no
};

struct NotificationStory {
  store::NotificationView view;
  std::vector<DeviceStory> devices;
  bool more_devices = false;
};

/// By its id or its message_id. Code `notification_not_found`.
Result<store::NotificationView> find_notification(store::Store& store, const std::string& name);
Result<NotificationStory> find_notification_story(store::Store& store, const std::string& name, int devices);

/// send_status in a word, with the style that tells how it stands; `waiting` for NULL.
Cell status_cell(const store::NotificationView& view);
/// How many devices have it, or why none has: for a list.
std::string note_of(const store::NotificationView& view, UtcTime now);
/// What is to be done, for a person: sentences, the first says how it stands. Never empty.
std::vector<std::string> next_steps(const NotificationStory& story, UtcTime now);

/// What mends the last failed attempt; empty where there is none, or where nothing can be said.
std::string advice_for(const DeviceStory& device);

}  // namespace yizhan::cli

#include "cli/notification_story.h"

#include <fmt/format.h>

#include "cli/readable.h"
#include "cli/timeline.h"

namespace yizhan::cli {
namespace {

/// A notification that is due this long and was not looked at is not being looked after.
constexpr Seconds kNotificationOverdue{60};
constexpr int kMostAttempts = 1000;

void add_waiting_steps(std::vector<std::string>& steps, const store::NotificationView& view, UtcTime now) {
  const store::NewNotification& notification = view.notification;
  const std::string_view audience = store::to_string(notification.audience);
  if (view.waits_until && *view.waits_until > now) {
    steps.push_back(fmt::format("It waits for a device of the {} {}, until {} UTC ({}).", audience,
                                notification.recipient_id, readable_time(*view.waits_until),
                                relative_time(*view.waits_until, now)));
    steps.push_back(fmt::format("Which there are: yizhan devices list --{} {}", audience, notification.recipient_id));
    return;
  }
  steps.emplace_back("It waits to be sent to the recipient's devices.");
  if (now - view.updated_at >= kNotificationOverdue) {
    steps.emplace_back(
        "If it stays so: is 'yizhan serve' running on this store with the role push, with ENABLE_CONSUMER not false "
        "and "
        "a push service configured ('yizhan config show')?");
  }
}

void add_failed_steps(std::vector<std::string>& steps, const NotificationStory& story) {
  steps.emplace_back(story.view.delivered == 0 ? "No device got it." : "Some devices did not get it.");
  for (const DeviceStory& device : story.devices) {
    if (device.delivery.outcome == store::DeliveryOutcome::kDelivered) continue;
    if (std::string advised = advice_for(device); !advised.empty()) {
      steps.push_back(fmt::format("{}: {}", device.delivery.cid, std::move(advised)));
      break;  // what holds for the first mostly holds for the others
    }
  }
  steps.push_back(fmt::format("When the cause is mended: yizhan notifications resend {}", story.view.id));
}

}  // namespace

Result<store::NotificationView> find_notification(store::Store& store, const std::string& name) {
  auto by_id = store.list_notifications({.id = name}, {.limit = 1});
  if (!by_id) return std::unexpected(by_id.error());
  if (!by_id->rows.empty()) return std::move(by_id->rows.front());
  auto by_message = store.list_notifications({.message_id = name}, {.limit = 1});
  if (!by_message) return std::unexpected(by_message.error());
  if (!by_message->rows.empty()) return std::move(by_message->rows.front());
  return fail("notification_not_found",
              fmt::format("there is no notification '{}': 'yizhan notifications list' shows them, by --recipient or "
                          "--tracking",
                          name));
}

Result<NotificationStory> find_notification_story(store::Store& store, const std::string& name, int devices) {
  auto view = find_notification(store, name);
  if (!view) return std::unexpected(std::move(view.error()));
  NotificationStory story{.view = std::move(*view), .devices = {}};
  auto deliveries = store.deliveries(story.view.id, "", devices + 1);
  if (!deliveries) return std::unexpected(std::move(deliveries.error()));
  story.more_devices = std::ssize(*deliveries) > devices;
  if (story.more_devices) deliveries->pop_back();
  for (store::DeliveryView& delivery : *deliveries) {
    auto attempts = store.attempts(delivery.event_id, kMostAttempts);
    if (!attempts) return std::unexpected(std::move(attempts.error()));
    story.devices.push_back({std::move(delivery), std::move(*attempts)});
  }
  return story;
}

Cell status_cell(const store::NotificationView& view) {
  const std::string& status = view.send_status;
  if (status.empty()) return {"waiting", Style::kPlain};
  if (status == "success") return {status, view.failed == 0 ? Style::kGood : Style::kWarning};
  if (status == "failed") return {status, Style::kBad};
  if (status == "retrying" || status == "no-targets") return {status, Style::kWarning};
  return {status};
}

std::string note_of(const store::NotificationView& view, UtcTime now) {
  std::string text;
  if (view.targets > 0) text = fmt::format("{} of {}", view.delivered, counted(view.targets, "device", "devices"));
  if (view.send_status.empty() && view.waits_until && *view.waits_until > now) {
    text = fmt::format("for a device, until {}", relative_time(*view.waits_until, now));
  }
  if (!view.last_error.empty()) text += (text.empty() ? "" : ": ") + view.last_error;
  return text;
}

std::string advice_for(const DeviceStory& device) {
  if (device.attempts.empty()) return device.delivery.last_error;
  const store::AttemptView& last = device.attempts.back();
  const auto error_class = parse_error_class(last.error_class);
  if (!error_class) return device.delivery.last_error;
  return std::string(advice(*error_class, last.response_status));
}

std::vector<std::string> next_steps(const NotificationStory& story, UtcTime now) {
  const store::NotificationView& view = story.view;
  std::vector<std::string> steps;
  if (view.send_status.empty()) {
    add_waiting_steps(steps, view, now);
  } else if (view.send_status == "success" && view.failed == 0) {
    steps.emplace_back("Every device got it. Nothing is left to do.");
  } else if (view.send_status == "success" || view.send_status == "failed") {
    add_failed_steps(steps, story);
  } else if (view.send_status == "no-targets") {
    steps.emplace_back("Nobody was there to be told.");
    steps.push_back(fmt::format("When a device has registered: yizhan notifications resend {}", view.id));
  } else {
    steps.emplace_back("It is being sent; what is outstanding is tried again by itself.");
    for (const DeviceStory& device : story.devices) {
      if (device.delivery.outcome != store::DeliveryOutcome::kOutstanding || device.attempts.empty()) continue;
      if (std::string advised = advice_for(device); !advised.empty()) {
        steps.push_back(fmt::format("{}: {}", device.delivery.cid, std::move(advised)));
        break;
      }
    }
  }
  return steps;
}

}  // namespace yizhan::cli

// Gathers everything that the store knows about one thing, by any of its names: what came in about it, the order or
// parcel it concerns, the events that followed with their attempts, notifications and devices.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/timeline.h"
#include "config/config.h"
#include "store/store.h"

namespace yizhan::cli {

struct TracedNotification {
  store::NotificationView view;
  std::vector<store::DeliveryView> deliveries;  ///< the first kTracedDeliveries of them
};
inline constexpr int kTracedDeliveries = 100;

struct TraceStory {
  std::string key;
  std::vector<std::string> found_as;           ///< what the key turned out to be: `tracking_no`, `event id`
  std::vector<store::CallbackView> callbacks;  ///< oldest first; repetitions too
  std::vector<store::PayOrder> orders;
  std::vector<store::WaybillView> parcels;
  std::vector<TracedNotification> notifications;
  std::vector<store::Device> devices;
  std::vector<EventStory> events;  ///< oldest first
  bool cut = false;                ///< there is more than is gathered: the newest is here
};

/// Looks for an event id, an idempotency key or correlation, a transaction id, out_trade_no, refund number, delivery
/// id, message id, tracking number, a notification's id or message_id, a device's cid, a recipient's id; and follows
/// what it finds: a callback to its order and events, a parcel to its notifications, a notification to its deliveries.
/// Code `trace_not_found`.
Result<TraceStory> find_trace(store::Store& store, std::string_view key, const config::Config& config);

/// All that happened, and what is still to come, in order of time.
std::vector<Moment> moments_of(const TraceStory& story, UtcTime now);

/// What is to be done, for a person: how everything stands that is not done, and the command that mends it. Never
/// empty.
std::vector<std::string> next_steps(const TraceStory& story, UtcTime now);

}  // namespace yizhan::cli

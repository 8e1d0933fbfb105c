#include "cli/trace_story.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/event_story.h"

namespace yizhan::cli {
namespace {

constexpr int kCallbacks = 200;
constexpr int kEvents = 200;
constexpr int kNotifications = 50;

/// One search: follows each name it learns of once.
class Search {
 public:
  Search(store::Store& store, const config::Config& config, TraceStory& story)
      : store_(store), config_(config), story_(story) {}

  Result<void> begin() {
    const std::string& key = story_.key;
    if (auto done = add_event(key, "event id"); !done) return done;
    if (auto done = add_callbacks(key, "key of a callback"); !done) return done;
    if (auto done = add_events_about(key, "correlation"); !done) return done;
    if (auto done = add_order(key, "out_trade_no"); !done) return done;
    if (auto done = add_parcel(key, "tracking_no"); !done) return done;
    if (auto done = add_notifications({.message_id = key}, "message id"); !done) return done;
    if (auto done = add_notifications({.id = key}, "notification id"); !done) return done;
    if (auto done = add_device(key); !done) return done;
    return add_notifications({.recipient_id = key}, "recipient");
  }

  Result<void> follow() {
    // Each may add to what the next one follows; twice round is enough for every chain there is: an event's callback's
    // order's other callbacks.
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < story_.callbacks.size(); ++i) {
        if (auto done = follow_callback(i); !done) return done;
      }
      for (const store::PayOrder& order : story_.orders) {
        if (auto done = add_callbacks(order.out_trade_no); !done) return done;
        if (order.transaction_id.empty()) continue;
        if (auto done = add_callbacks(order.transaction_id); !done) return done;
      }
      for (const auto& parcel : story_.parcels) {
        const std::string& number = parcel.waybill.tracking_no;
        if (auto done = add_callbacks(number); !done) return done;
        if (auto done = add_notifications({.tracking_no = number}); !done) return done;
      }
      for (const EventStory& event : story_.events) {
        const std::string& correlation = event.event.event.correlation;
        if (correlation.empty()) continue;
        if (auto done = add_callbacks(correlation); !done) return done;
        if (auto done = add_notifications({.message_id = correlation}); !done) return done;
      }
      for (std::size_t i = 0; i < story_.notifications.size(); ++i) {
        if (auto done = follow_notification(i); !done) return done;
      }
    }
    return {};
  }

 private:
  void learn(std::string_view what) {
    if (what.empty()) return;
    if (std::ranges::find(story_.found_as, what) == story_.found_as.end()) story_.found_as.emplace_back(what);
  }

  Result<void> follow_callback(std::size_t index) {
    for (const std::string& id : std::vector(story_.callbacks[index].event_ids)) {
      if (auto done = add_event(id); !done) return done;
    }
    for (const store::CallbackKey& key : std::vector(story_.callbacks[index].keys)) {
      if (key.name == "out_trade_no") {
        if (auto done = add_order(key.value); !done) return done;
      } else if (key.name == "tracking_no") {
        if (auto done = add_parcel(key.value); !done) return done;
      }
    }
    return {};
  }

  Result<void> follow_notification(std::size_t index) {
    for (const store::DeliveryView& delivery : std::vector(story_.notifications[index].deliveries)) {
      if (auto done = add_event(delivery.event_id); !done) return done;
    }
    const std::string tracking_no = story_.notifications[index].view.notification.tracking_no;
    return tracking_no.empty() ? Result<void>() : add_parcel(tracking_no);
  }

  Result<void> add_event(const std::string& id, std::string_view as = {}) {
    if (!events_seen_.insert(id).second) return {};
    if (story_.events.size() >= kEvents) {
      story_.cut = true;
      return {};
    }
    auto found = find_story(store_, id, config_);
    if (!found) return found.error().code == "event_not_found" ? Result<void>() : std::unexpected(found.error());
    learn(as);
    story_.events.push_back(std::move(*found));
    return {};
  }

  Result<void> add_events_about(const std::string& correlation, std::string_view as) {
    if (correlation.size() > 256) return {};
    store::Selection selection;
    selection.correlation = correlation;
    const auto found = store_.list_events(selection, {.limit = kEvents});
    if (!found) return std::unexpected(found.error());
    if (found->next != 0) story_.cut = true;
    if (!found->rows.empty()) learn(as);
    for (const store::EventView& event : found->rows) {
      if (auto done = add_event(event.event.id); !done) return done;
    }
    return {};
  }

  Result<void> add_callbacks(const std::string& key, std::string_view as = {}) {
    if (!keys_seen_.insert(key).second) return {};
    store::CallbackSelection selection;
    selection.key_value = key;
    auto found = store_.list_callbacks(selection, {.limit = kCallbacks});
    if (!found) return std::unexpected(found.error());
    if (found->next != 0) story_.cut = true;
    for (store::CallbackView& callback : found->rows) {
      if (!as.empty()) {
        const auto named = std::ranges::find(callback.keys, key, &store::CallbackKey::value);
        learn(named == callback.keys.end() ? as : std::string_view(named->name));
      }
      if (callbacks_seen_.insert(callback.id).second) story_.callbacks.push_back(std::move(callback));
    }
    return {};
  }

  Result<void> add_order(const std::string& number, std::string_view as = {}) {
    if (!orders_seen_.insert(number).second) return {};
    auto found = store_.find_pay_order(number);
    if (!found) return std::unexpected(found.error());
    if (!*found) return {};
    learn(as);
    story_.orders.push_back(std::move(**found));
    return {};
  }

  Result<void> add_parcel(const std::string& tracking_no, std::string_view as = {}) {
    if (!parcels_seen_.insert(tracking_no).second) return {};
    auto found = store_.find_waybill(tracking_no);
    if (!found) return std::unexpected(found.error());
    if (!*found) return {};
    learn(as);
    story_.parcels.push_back(std::move(**found));
    return {};
  }

  Result<void> add_notifications(const store::NotificationSelection& selection, std::string_view as = {}) {
    auto found = store_.list_notifications(selection, {.limit = kNotifications});
    if (!found) return std::unexpected(found.error());
    if (found->next != 0) story_.cut = true;
    for (store::NotificationView& view : found->rows) {
      learn(as);
      if (!notifications_seen_.insert(view.id).second) continue;
      auto deliveries = store_.deliveries(view.id, {}, kTracedDeliveries);
      if (!deliveries) return std::unexpected(deliveries.error());
      if (view.targets > static_cast<std::int64_t>(deliveries->size())) story_.cut = true;
      story_.notifications.push_back({std::move(view), std::move(*deliveries)});
    }
    return {};
  }

  Result<void> add_device(const std::string& cid) {
    auto found = store_.list_devices({.cid = cid}, {.limit = kNotifications});
    if (!found) return std::unexpected(found.error());
    if (!found->rows.empty()) learn("cid");
    story_.devices = std::move(found->rows);
    for (const store::Device& device : std::vector(story_.devices)) {
      for (const std::string& recipient : {device.user_id, device.merchant_id}) {
        if (recipient.empty()) continue;
        if (auto done = add_notifications({.recipient_id = recipient}); !done) return done;
      }
    }
    return {};
  }

  store::Store& store_;
  const config::Config& config_;
  TraceStory& story_;
  std::set<std::string> events_seen_, keys_seen_, orders_seen_, parcels_seen_, notifications_seen_;
  std::set<std::int64_t> callbacks_seen_;
};

}  // namespace

Result<TraceStory> find_trace(store::Store& store, std::string_view key, const config::Config& config) {
  TraceStory story;
  story.key = key;
  Search search(store, config, story);
  if (auto done = search.begin(); !done) return std::unexpected(done.error());
  if (story.found_as.empty()) {
    return fail("trace_not_found",
                fmt::format("nothing in this store is known as '{}'. It may be an id of another environment, may never "
                            "have come in ('yizhan callbacks list' shows what did), or may be older than what is kept",
                            key));
  }
  if (auto done = search.follow(); !done) return std::unexpected(done.error());
  std::ranges::sort(story.callbacks, {},
                    [](const store::CallbackView& each) { return std::pair(each.callback.received_at, each.id); });
  std::ranges::sort(story.events, {}, [](const EventStory& each) { return each.event.event.created_at; });
  std::ranges::sort(story.notifications, {}, [](const TracedNotification& each) { return each.view.created_at; });
  return story;
}

}  // namespace yizhan::cli

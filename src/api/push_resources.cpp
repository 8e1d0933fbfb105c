#include "api/push_resources.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/device_json.h"
#include "api/notification_json.h"
#include "api/waybill_json.h"
#include "base/ids.h"

namespace yizhan::api {
namespace {

using Work = std::move_only_function<Result<ResourceAnswer>(store::Store&)>;

ResourceTask reading(Work work) {
  return {ResourceTask::Thread::kReader, std::move(work)};
}
ResourceTask writing(Work work) {
  return {ResourceTask::Thread::kWriter, std::move(work)};
}

template <class Row>
Result<ResourceAnswer> page_of(const Result<store::Rows<Row>>& rows, std::string_view name,
                               void (*write)(JsonWriter&, const Row&)) {
  if (!rows) return std::unexpected(rows.error());
  JsonWriter writer;
  writer.begin_object().key(name).begin_array();
  for (const Row& row : rows->rows) write(writer, row);
  writer.end_array().text_or_null("next", rows->next == 0 ? "" : std::to_string(rows->next)).end_object();
  return ResourceAnswer{.json = writer.take()};
}

/// The same message_id again means the same notification: one for somebody else is refused before anything changes.
Result<void> check_recipient_of(store::Store& store, const store::NewNotification& notification) {
  const auto there = store.list_notifications({.message_id = notification.message_id}, {.limit = 1});
  if (!there) return std::unexpected(there.error());
  if (there->rows.empty()) return {};
  const store::NewNotification& first = there->rows.front().notification;
  if (first.audience == notification.audience && first.recipient_id == notification.recipient_id) return {};
  return fail("message_id_conflict", fmt::format("the message_id '{}' stands for a notification to another {}",
                                                 notification.message_id, store::to_string(first.audience)));
}

using Added = std::vector<store::Store::AddedNotification>;

Result<Added> add_all(store::Store& store, const NewNotifications& made) {
  if (made.ids_given && made.notifications.size() == 1) {
    if (auto same = check_recipient_of(store, made.notifications.front()); !same) {
      return std::unexpected(std::move(same.error()));
    }
  }
  return store.add_notifications(made.notifications, utc_now());
}

int status_of(const Added& added) {
  const bool all_known = std::ranges::all_of(added, &store::Store::AddedNotification::existed);
  return all_known ? 200 : 202;
}

std::string fresh_id() {
  return IdMaker().make(utc_now());
}

}  // namespace

Result<ResourceTask> register_device(http::ServerRequest& request, const http::PathParameters&) {
  auto device = read_registration(request.body);
  if (!device) return std::unexpected(std::move(device.error()));
  return writing([device = std::move(*device)](store::Store& store) -> Result<ResourceAnswer> {
    const auto registered = store.register_device(device, utc_now());
    if (!registered) return std::unexpected(registered.error());
    JsonWriter writer;
    writer.begin_object();
    write_device_members(writer, registered->device);
    writer.boolean("existed", registered->existed).number("woken", registered->notifications_woken).end_object();
    return ResourceAnswer{.json = writer.take(), .notifications_due = registered->notifications_woken > 0};
  });
}

Result<ResourceTask> unregister_device(http::ServerRequest& request, const http::PathParameters&) {
  auto device = read_device_name(request.body);
  if (!device) return std::unexpected(std::move(device.error()));
  return writing([device = std::move(*device)](store::Store& store) -> Result<ResourceAnswer> {
    const auto unregistered = store.unregister_device(device.appid, device.cid, "unregistered", utc_now());
    if (!unregistered) return std::unexpected(unregistered.error());
    return ResourceAnswer{.json =
                              JsonWriter().begin_object().boolean("unregistered", *unregistered).end_object().take()};
  });
}

Result<ResourceTask> list_devices(http::ServerRequest& request, const http::PathParameters&) {
  const auto parameters = QueryParameters::read(request.query, kDeviceParameters);
  if (!parameters) return std::unexpected(parameters.error());
  auto selection = read_device_selection(*parameters);
  if (!selection) return std::unexpected(std::move(selection.error()));
  const auto page = read_page(*parameters);
  if (!page) return std::unexpected(page.error());
  return reading([selection = std::move(*selection), page = *page](store::Store& store) {
    return page_of(store.list_devices(selection, page), "devices", write_device);
  });
}

Result<ResourceTask> send_notifications(http::ServerRequest& request, const http::PathParameters&) {
  auto made = read_send_request(request.body, fresh_id());
  if (!made) return std::unexpected(std::move(made.error()));
  return writing([made = std::move(*made)](store::Store& store) -> Result<ResourceAnswer> {
    const auto added = add_all(store, made);
    if (!added) return std::unexpected(added.error());
    JsonWriter writer;
    writer.begin_object().key("notifications").begin_array();
    for (const auto& each : *added) {
      const store::NewNotification& notification = each.view.notification;
      writer.begin_object().text("id", each.view.id).text("message_id", notification.message_id);
      writer.text("aud", store::to_string(notification.audience)).text("recipient_id", notification.recipient_id);
      writer.boolean("duplicate", each.existed).end_object();
    }
    writer.end_array().end_object();
    return ResourceAnswer{.status = status_of(*added), .json = writer.take(), .notifications_due = true};
  });
}

Result<ResourceTask> add_notification(http::ServerRequest& request, const http::PathParameters&) {
  auto made = read_new_notification(request.body, fresh_id());
  if (!made) return std::unexpected(std::move(made.error()));
  return writing([made = std::move(*made)](store::Store& store) -> Result<ResourceAnswer> {
    const auto added = add_all(store, made);
    if (!added) return std::unexpected(added.error());
    JsonWriter writer;
    writer.begin_object();
    write_notification_members(writer, added->front().view);
    writer.boolean("duplicate", added->front().existed).end_object();
    return ResourceAnswer{.status = status_of(*added), .json = writer.take(), .notifications_due = true};
  });
}

Result<ResourceTask> list_notifications(http::ServerRequest& request, const http::PathParameters&) {
  const auto parameters = QueryParameters::read(request.query, kNotificationParameters);
  if (!parameters) return std::unexpected(parameters.error());
  auto selection = read_notification_selection(*parameters);
  if (!selection) return std::unexpected(std::move(selection.error()));
  const auto page = read_page(*parameters);
  if (!page) return std::unexpected(page.error());
  return reading([selection = std::move(*selection), page = *page](store::Store& store) {
    return page_of(store.list_notifications(selection, page), "notifications", write_notification);
  });
}

Result<ResourceTask> show_notification(http::ServerRequest& request, const http::PathParameters& path_parameters) {
  constexpr std::array<std::string_view, 2> kParameters{"limit", "after"};
  constexpr int kMostDeliveries = 1000;
  const auto parameters = QueryParameters::read(request.query, kParameters);
  if (!parameters) return std::unexpected(parameters.error());
  const auto limit = read_number(*parameters, "limit", 1, kMostDeliveries, kMostDeliveries);
  if (!limit) return std::unexpected(limit.error());
  return reading([id = std::string(path_parameters["id"]), after = std::string((*parameters)["after"]),
                  limit = static_cast<int>(*limit)](store::Store& store) -> Result<ResourceAnswer> {
    const auto found = store.list_notifications({.id = id}, {.limit = 1});
    if (!found) return std::unexpected(found.error());
    if (found->rows.empty()) return fail("notification_not_found", fmt::format("there is no notification '{}'", id));
    const auto deliveries = store.deliveries(id, after, limit);
    if (!deliveries) return std::unexpected(deliveries.error());
    JsonWriter writer;
    writer.begin_object();
    write_notification_members(writer, found->rows.front());
    writer.key("deliveries").begin_array();
    for (const store::DeliveryView& delivery : *deliveries) write_delivery(writer, delivery);
    const bool more = std::ssize(*deliveries) == limit;
    writer.end_array().text_or_null("deliveries_next",
                                    more ? deliveries->back().appid + '\n' + deliveries->back().cid : std::string());
    writer.end_object();
    return ResourceAnswer{.json = writer.take()};
  });
}

Result<ResourceTask> put_waybill(http::ServerRequest& request, const http::PathParameters& parameters) {
  auto made = read_waybill(parameters["tracking_no"], request.body);
  if (!made) return std::unexpected(std::move(made.error()));
  ResourceTask task = writing([made = std::move(*made)](store::Store& store) -> Result<ResourceAnswer> {
    const auto stored = store.put_waybill(made.waybill, made.order, utc_now());
    if (!stored) return std::unexpected(stored.error());
    JsonWriter writer;
    write_waybill(writer, *stored);
    return ResourceAnswer{.json = writer.take()};
  });
  task.audit_action = "waybill.put";
  task.audit_object = parameters["tracking_no"];
  return task;
}

Result<ResourceTask> show_waybill(http::ServerRequest&, const http::PathParameters& parameters) {
  return reading([tracking_no = std::string(parameters["tracking_no"])](store::Store& store) -> Result<ResourceAnswer> {
    const auto found = store.find_waybill(tracking_no);
    if (!found) return std::unexpected(found.error());
    if (!*found) return fail("waybill_not_found", fmt::format("there is no parcel '{}'", tracking_no));
    JsonWriter writer;
    write_waybill(writer, **found);
    return ResourceAnswer{.json = writer.take()};
  });
}

}  // namespace yizhan::api

// Devices, notifications and parcels as resources (resource.h): what each request means and what it does in the store.
#pragma once

#include "api/resource.h"

namespace yizhan::api {

// Codes, besides those of the readers (device_json.h, notification_json.h, waybill_json.h) and of the store:
// `notification_not_found`, `waybill_not_found`, `message_id_conflict` (it is another recipient's).

/// `{…device, "existed", "woken"}`: woken notifications had waited for a device of this recipient.
Result<ResourceTask> register_device(http::ServerRequest& request, const http::PathParameters& parameters);
/// `{"unregistered"}`: false when there was no such device, which is how the phone wants it.
Result<ResourceTask> unregister_device(http::ServerRequest& request, const http::PathParameters& parameters);
/// `{"devices":[…],"next"}`
Result<ResourceTask> list_devices(http::ServerRequest& request, const http::PathParameters& parameters);

/// 202 `{"notifications":[{"id","message_id","aud","recipient_id","duplicate"}]}`; 200 when all were there already.
Result<ResourceTask> send_notifications(http::ServerRequest& request, const http::PathParameters& parameters);
/// 202 `{…notification, "duplicate"}`; 200 when it was there already.
Result<ResourceTask> add_notification(http::ServerRequest& request, const http::PathParameters& parameters);
/// `{"notifications":[…],"next"}`
Result<ResourceTask> list_notifications(http::ServerRequest& request, const http::PathParameters& parameters);
/// `{…notification, "deliveries":[…], "deliveries_next"}`, of `{id}`; `?limit=` and `?after=` are of the deliveries.
Result<ResourceTask> show_notification(http::ServerRequest& request, const http::PathParameters& parameters);

/// The parcel `{tracking_no}` as it stands then.
Result<ResourceTask> put_waybill(http::ServerRequest& request, const http::PathParameters& parameters);
Result<ResourceTask> show_waybill(http::ServerRequest& request, const http::PathParameters& parameters);

}  // namespace yizhan::api

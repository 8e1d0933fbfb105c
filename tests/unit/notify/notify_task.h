// A row of notify_queue as a claim brings it: of the waybill YT0007, whose order is order-1 of user u-1 and merchant
// m-1.
#pragma once

#include <string>

#include "base/clock.h"
#include "store/express.h"

namespace yizhan::notify {

inline store::NotifyTask task_of(std::string status_code = "IN_TRANSIT") {
  store::NotifyTask task;
  task.id = "queue-1";
  task.lease_token = "lease-1";
  task.tracking_event_id = "event-1";
  task.step = {.tracking_no = "YT20260206000007",
               .status_code = std::move(status_code),
               .received_code = "101",
               .event_time = *parse_time("2026-02-06T08:30:00Z"),
               .event_text = "快件已到达 杭州转运中心",
               .location = "杭州",
               .carrier_code = "yuantong",
               .event_id = {}};
  task.order_id = "order-1";
  task.waybill_found = true;
  task.order_found = true;
  task.user_id = "u-1";
  task.merchant_id = "m-1";
  return task;
}

}  // namespace yizhan::notify

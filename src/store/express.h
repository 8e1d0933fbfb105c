// Logistics: waybills and what carriers say of them, and the queue of what somebody has to be told. A carrier's
// callback, the waybill's new state, the tracking events that are new, and their `notify_queue` rows are one
// transaction (ExpressEffect, store.h: ReceiveCall::effect).
//
// Tables, under the seed's names: `platform_express_waybills`, `platform_express_tracking_events`, `ml_orders`,
// `notify_queue`; `platform_express_event_raw` is a view of `inbound_callbacks`. Times in them are as in `pay_orders`.
// Ids are UUIDv7 text on SQLite and `uuid` on PostgreSQL; whoever inserts by SQL need not give one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace yizhan::store {

/// One state of a parcel, as a carrier reports it.
struct ExpressStep {
  std::string tracking_no;    ///< 1–64 bytes
  std::string status_code;    ///< canonical (receive/express_state.h), or as it came; 1–64 bytes
  std::string received_code;  ///< as it came
  UtcTime event_time{};
  std::string event_text;  ///< at most 1024 bytes
  std::string location;    ///< at most 256 bytes
  std::string carrier_code;
  /// The carrier's own id of this step. Empty: it is told apart by tracking number, received code, time and text.
  std::string event_id;
};

/// What a carrier's callback says: one step, or a whole list of which only what is new counts (kuaidi100), or steps of
/// several parcels (Kdniao). At most 1,000.
///
/// Applied when at least one step is new to a waybill that is known; already applied when none is new;
/// `waybill_unknown` when no waybill of it is known (steps of the others are stored). A step older than what the
/// waybill has reached is stored and marked late: it changes neither the waybill's state nor is anybody told.
/// The same state again (another time, the same code) is stored, and nobody is told a second time; of a list, only
/// the newest new step of a parcel is told.
struct ExpressEffect {
  std::vector<ExpressStep> steps;
};

/// A parcel. Without one, callbacks about its tracking number are refused, so that they come again.
struct Waybill {
  std::string id;
  std::string tracking_no;  ///< unique
  std::string carrier_code;
  std::string order_id;     ///< of ml_orders; may be empty, and may name an order that lives elsewhere (PostgREST)
  std::string status_code;  ///< empty: nothing was heard yet
  std::optional<UtcTime> status_time;
  std::string status_text;
  UtcTime created_at{};
  UtcTime updated_at{};
};

/// Whose parcel it is: the recipients of what is told about it. Either may be empty. On PostgreSQL `ml_orders` may be
/// another application's table, whose columns keep their types (uuid): statements read them as CAST(… AS text) and look
/// an order up by CAST(id AS text), which has an index on both engines.
struct ExpressOrder {
  std::string id;
  std::string user_id;
  std::string merchant_id;
};

struct TrackingEvent {
  std::string id;
  ExpressStep step;
  bool late = false;
  std::int64_t callback_id = 0;  ///< 0: not from a callback
  UtcTime created_at{};
};

struct WaybillView {
  Waybill waybill;
  std::optional<ExpressOrder> order;  ///< as the store has it
  std::vector<TrackingEvent> events;  ///< oldest first, at most 1,000
};

/// A row of `notify_queue` that a notify step has taken, with what it needs to know. Its lease ends by itself; a row
/// whose `process_status` is NULL and whose lease has ended, or was cleared by hand, is taken again.
struct NotifyTask {
  std::string id;
  std::string lease_token;
  int attempt_count = 0;  ///< attempts that were put off before this one
  std::string tracking_event_id;
  ExpressStep step;
  std::string order_id;
  bool waybill_found = false;
  bool order_found = false;  ///< in ml_orders
  std::string user_id;       ///< of ml_orders
  std::string merchant_id;
};

struct NotifyClaim {
  std::vector<NotifyTask> tasks;               ///< oldest first
  std::optional<UtcTime> next_available_at{};  ///< when the next one is due or its lease ends; empty: none waits
};

/// How a row of `notify_queue` ends.
enum class NotifyStatus {
  kQueued,   ///< its notifications are in `express_notifications`
  kSkipped,  ///< nobody is to be told; last_error says why
  kFailed,   ///< it will not work before somebody mends it; last_error says what and how
  kPutOff,   ///< not a status of the row: it stays NULL and is tried again at `retry_at`
};
/// `queued`, `skipped`, `failed`; empty for kPutOff.
std::string_view to_string(NotifyStatus status);

}  // namespace yizhan::store

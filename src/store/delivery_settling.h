// What becomes of deliveries when their events are recorded, replayed or discarded: their rows in `push_deliveries`,
// the sums in their notifications, and devices that turned out not to be there, in the transaction of the event.
//
//   look_up()  before the events change: locks the notifications, in one order, and reads
//   settle()   after that was finished and the events have changed: writes
//
// The order of locks is notification, event, device. Whoever takes them otherwise ends in a deadlock with a node that
// does the same.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "store/notification_rows.h"
#include "store/session.h"

namespace yizhan::store {

struct DeliveryChange {
  std::int64_t sequence = 0;  ///< of the event
  DeliveryOutcome outcome = DeliveryOutcome::kOutstanding;
  /// Of an outstanding one: it has failed before. Empty: as its outcome until now says (replay).
  std::optional<bool> tried_again{};
  std::string error{};       ///< empty: leaves what is there, unless it was delivered
  bool deactivates = false;  ///< there is no such device any more
  UtcTime at{};              ///< when the attempt began: a device that registered later stays active
};

/// What an attempt that was recorded means for its delivery.
DeliveryChange change_of(const AttemptRecord& record);
/// What the replay, and the discarding, of an event means for its delivery; without the sequence.
DeliveryChange delivery_replayed();
DeliveryChange delivery_discarded(std::string_view reason);

class DeliverySettling {
 public:
  /// Events that are no deliveries, or whose notification is gone, are passed over.
  void look_up(Session& session, const std::vector<std::int64_t>& sequences);
  void settle(Session& session, const std::vector<DeliveryChange>& changes, UtcTime now);

  bool empty() const { return deliveries_.empty(); }

 private:
  struct Delivery {
    std::string notification_id;
    std::string appid;
    std::string cid;
    DeliveryOutcome outcome = DeliveryOutcome::kOutstanding;
    bool tried_again = false;
    std::string last_error;
  };

  std::map<std::int64_t, Delivery> deliveries_;  ///< by sequence
  std::map<std::string, NotificationState> notifications_;
};

/// How a delivery's outcome counts in its notification. `step` is 1 to count it, −1 to take it off.
void count_delivery(NotificationState& notification, DeliveryOutcome outcome, bool tried_again, int step);

/// send_status of its counts, unless it is to be fanned out again (it stays NULL) or is being so.
void update_send_status(NotificationState& notification);

}  // namespace yizhan::store

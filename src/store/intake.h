// Where new events come in: the API and the receivers hand them over here, before and after they are stored, so that a
// dispatcher in the same process can send them as soon as they are durable. The app gives them an implementation that
// stands on the dispatcher; those who take events in and dispatch never include each other.
//
// Every call is made on the I/O thread and must not block.
#pragma once

#include <vector>

#include "base/error.h"
#include "store/store.h"

namespace yizhan::store {

/// The way of a new event from where it was taken in. For every call of prepare() that succeeded there follows exactly
/// one accepted() or abandoned() with that event, so that whatever prepare() reserved is used or given back.
class Intake {
 public:
  virtual ~Intake() = default;

  /// Before the event is handed to the store. Checks that its platform is configured and its target usable, sets
  /// `endpoint_key`, and where there is room to send it at once reserves a place and sets `lease_token` and `lease`.
  /// Codes: `unknown_platform` (the message lists the configured names), `url_invalid`, `callback_target_invalid`.
  virtual Result<void> prepare(NewEvent& event) = 0;

  /// The call is durable: `accepted` answers its events in order. The events are the implementation's to keep and send:
  /// those with `leased` at once; for the others, only places reserved are given back. Runs before the caller is
  /// answered.
  virtual void accepted(const std::vector<Accepted>& accepted, AcceptCall&& call) = 0;

  /// Nothing of these events was stored, and nothing will be: places reserved for them are given back.
  virtual void abandoned(const AcceptCall& call) = 0;

  /// A carrier's callback was applied: rows of `notify_queue` wait.
  virtual void express_applied() = 0;
};

}  // namespace yizhan::store

// READ FIRST for notifications: one pass of the notify step.
//
//   notify_queue ─ claim (lease) ─▶ recipients of the order ─▶ render, per audience ─▶ record: express_notifications,
//        ▲                          (local, or PostgREST)                               process_status, one transaction
//        └─ a callback was applied, a row was reset by hand, a lease ended
//
// Every row ends `queued`, `skipped` with a reason, or `failed` with what to mend; a fault that passes puts it off
// (attempt_count, next_attempt_at) and is never the end of it. A row that is run again doubles nothing: message_id is
// `<tracking_event_id>:<aud>`.
//
// Runs on the I/O thread; the store's part on the writer's.
#pragma once

#include <memory>

#include "base/step.h"
#include "http/asio.h"
#include "notify/recipients.h"
#include "notify/templates.h"
#include "store/group_commit.h"

namespace yizhan::notify {

struct NotifyOptions {
  int batch_size = 100;
  Milliseconds lease{60000};  ///< longer than recipients may take to be found
  /// Pause before a row that was put off is tried again, by attempt; the last one repeats.
  std::vector<Seconds> retry_schedule{Seconds{2}, Seconds{5}, Seconds{15}, Seconds{60}, Seconds{300}};
};

/// For metrics.
struct NotifyCounters {
  std::uint64_t queued = 0;
  std::uint64_t skipped = 0;
  std::uint64_t failed = 0;
  std::uint64_t put_off = 0;
};

class NotifyStep {
 public:
  /// All references outlive this. A pass in hand when this is destroyed is not completed; its leases end.
  NotifyStep(http::asio::io_context& io, store::GroupCommit& commits, RecipientFinder& recipients,
             const Templates& templates, NotifyOptions options);
  ~NotifyStep();
  NotifyStep(const NotifyStep&) = delete;
  NotifyStep& operator=(const NotifyStep&) = delete;

  /// One pass; see Step (base/step.h).
  void run(std::move_only_function<void(StepResult)> done);

  const NotifyCounters& counters() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace yizhan::notify

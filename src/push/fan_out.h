// Fan-out: a notification becomes one outbox event for each device of its recipient. The store does it in one
// transaction (store/express_store.h); here is what each event says, and one pass.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/step.h"
#include "http/asio.h"
#include "store/group_commit.h"
#include "store/push.h"

namespace yizhan::push {

/// Limits of uni-push, in characters as JavaScript counts them, UTF-16 units (payload: bytes). What is sent stays below
/// them: "length less than 20". Source: uni-push 2.0, "sendMessage", parameters.
struct TextLimits {
  std::size_t title = 20;
  std::size_t content = 50;
  std::size_t payload = 800;
};

/// The payload of a delivery's outbox event: JSON {cid, appid, title, content, payload, notification_id, message_id}.
/// Empty content falls back to body, then title, then event_text_safe; an empty title to event_text_safe, then content,
/// then body. Longer texts are cut between characters, with `…`. `payload` is the notification's as it stands, a string
/// where that is no JSON, `{}` where it has none, and `{"notification_id": …}` where it is too long. Pure.
std::string delivery_payload(const store::DueNotification& notification, const store::TargetDevice& device,
                             const TextLimits& limits);

class FanOut {
 public:
  /// References outlive this. `deliveries_made` is called, on the I/O thread, when there are new ones or some were set
  /// back to pending, so that the dispatcher looks.
  FanOut(http::asio::io_context& io, store::GroupCommit& commits, store::FanOutOptions options, TextLimits limits,
         std::function<void()> deliveries_made);
  ~FanOut();
  FanOut(const FanOut&) = delete;
  FanOut& operator=(const FanOut&) = delete;

  /// One pass; see Step (base/step.h). One in hand when this is destroyed is not completed.
  void run(std::move_only_function<void(StepResult)> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace yizhan::push

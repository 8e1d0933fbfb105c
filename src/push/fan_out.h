// Fan-out: a notification becomes one outbox event for each device of its recipient. The store does it in one
// transaction (store/express_store.h); here is what each event says, and one pass.
#pragma once

#include <memory>
#include <string>

#include "base/step.h"
#include "http/asio.h"
#include "store/group_commit.h"
#include "store/push.h"

namespace yizhan::push {

/// Limits of uni-push, in characters (payload: bytes). Source: uni-push 2.0, "sendMessage", parameters.
struct TextLimits {
  std::size_t title = 20;
  std::size_t content = 50;
  std::size_t payload = 800;
};

/// The payload of a delivery's outbox event: JSON {cid, appid, title, content, payload, notification_id, message_id}.
/// Empty content falls back to body, then title, then event_text_safe; an empty title to event_text_safe, then content.
/// Longer texts are cut between characters, with `…`. Pure.
std::string delivery_payload(const store::DueNotification& notification, const store::TargetDevice& device,
                             const TextLimits& limits);

class FanOut {
 public:
  /// References outlive this. `delivered` is called when deliveries were made, so that the dispatcher looks.
  FanOut(http::asio::io_context& io, store::GroupCommit& commits, store::FanOutOptions options, TextLimits limits,
         std::function<void()> deliveries_made);
  ~FanOut();
  FanOut(const FanOut&) = delete;
  FanOut& operator=(const FanOut&) = delete;

  void run(std::move_only_function<void(StepResult)> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace yizhan::push

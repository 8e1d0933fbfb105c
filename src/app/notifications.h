// The way of a notification, wired: the notify step and the fan-out with their loops, the channel to the devices.
#pragma once

#include <functional>
#include <memory>

#include "app/step_loop.h"
#include "config/config.h"
#include "dispatch/lane.h"
#include "http/client.h"
#include "notify/notify_step.h"
#include "push/channel.h"
#include "push/fan_out.h"
#include "store/group_commit.h"

namespace yizhan::app {

/// What delivers to the devices; null where none is configured. Codes of push/.
Result<std::unique_ptr<push::Channel>> make_channel(http::asio::io_context& io, http::Client& client,
                                                    const config::Config& config);

/// Runs on the io_context thread.
class Notifications {
 public:
  struct Parts {
    http::asio::io_context& io;
    http::Client& client;
    store::GroupCommit& commits;
    /// Of the push lane; empty where there is no channel: notifications are made, and wait.
    std::optional<std::int64_t> endpoint_key;
    std::function<void()> deliveries_made;
    notify::NotifyCounters counted_before{};  ///< by those whose place it takes
  };

  /// References outlive it. Codes of notify/.
  static Result<std::unique_ptr<Notifications>> make(Parts parts, const config::Config& config);

  void start();
  /// Rows of notify_queue wait.
  void wake_notify() { notify_loop_->wake(); }
  /// Notifications wait to be fanned out.
  void wake_fan_out() {
    if (fan_out_loop_) fan_out_loop_->wake();
  }
  /// Ends the passes in hand, begins no other; calls `done` once.
  void stop(std::function<void()> done);

  notify::NotifyCounters counters() const;

 private:
  explicit Notifications(notify::Templates templates) : templates_(std::move(templates)) {}
  /// One pass of the notify step; what it made is fanned out at once.
  void notify(std::move_only_function<void(StepResult)> done);

  notify::NotifyCounters counted_before_;
  notify::Templates templates_;
  std::unique_ptr<notify::RecipientFinder> recipients_;
  std::unique_ptr<notify::NotifyStep> step_;
  std::unique_ptr<push::FanOut> fan_out_;
  std::unique_ptr<StepLoop> notify_loop_;
  std::unique_ptr<StepLoop> fan_out_loop_;
};

}  // namespace yizhan::app

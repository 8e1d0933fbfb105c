#include "push/fan_out.h"

#include <algorithm>

#include "base/log.h"

namespace yizhan::push {
namespace {

/// Before a pass that failed is tried again, doubled to the maximum while it keeps failing.
constexpr Milliseconds kRetryPause{1000};
constexpr Milliseconds kRetryPauseMax{30000};

}  // namespace

struct FanOut::State {
  StepResult passed(const Result<store::FanOutReply>& reply) {
    if (!reply) {
      log::warning("push_fan_out_failed", {{"code", reply.error().code}, {"reason", reply.error().message}});
      retry_pause = std::min(retry_pause * 2, kRetryPauseMax);
      return {.more = false, .next_at = utc_now() + retry_pause};
    }
    retry_pause = kRetryPause / 2;
    if (reply->deliveries > 0) deliveries_made();
    return {.more = reply->more, .next_at = reply->next_available_at};
  }

  http::asio::io_context& io;
  store::GroupCommit& commits;
  store::FanOutOptions options;
  TextLimits limits;
  std::function<void()> deliveries_made;
  Milliseconds retry_pause = kRetryPause / 2;
};

FanOut::FanOut(http::asio::io_context& io, store::GroupCommit& commits, store::FanOutOptions options, TextLimits limits,
               std::function<void()> deliveries_made)
    : state_(std::make_shared<State>(io, commits, options, limits, std::move(deliveries_made))) {}

FanOut::~FanOut() = default;

void FanOut::run(std::move_only_function<void(StepResult)> done) {
  // The writer's thread gets copies, and never the last reference to the state.
  state_->commits.run([&io = state_->io, weak = std::weak_ptr(state_), options = state_->options,
                       limits = state_->limits, done = std::move(done)](store::Store& store) mutable {
    auto reply = store.fan_out(
        options,
        [&limits](const store::DueNotification& due, const store::TargetDevice& device, std::string_view) {
          return delivery_payload(due, device, limits);
        },
        utc_now());
    http::asio::post(io, [weak, reply = std::move(reply), done = std::move(done)]() mutable {
      if (const auto state = weak.lock()) done(state->passed(reply));
    });
  });
}

}  // namespace yizhan::push

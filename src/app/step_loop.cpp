#include "app/step_loop.h"

#include <algorithm>
#include <utility>

namespace yizhan::app {

namespace {

/// What is due by somebody else's clock may not be there yet by the step's own: never a pass right after a pass for it.
constexpr Microseconds kShortestPause{5000};

}  // namespace

struct StepLoop::State : std::enable_shared_from_this<State> {
  State(http::asio::io_context& context, Step the_step, Milliseconds interval)
      : io(context), step(std::move(the_step)), poll_interval(interval), timer(context.get_executor()) {}

  void pass() {
    running = true;
    wanted = false;
    timer.cancel();
    step([weak = weak_from_this()](StepResult result) {
      if (const auto self = weak.lock()) self->passed(result);
    });
  }

  void passed(const StepResult& result) {
    running = false;
    if (stopping) {
      if (auto done = std::exchange(stopped, nullptr)) http::asio::post(io, std::move(done));
      return;
    }
    if (result.more || wanted) {
      // Through the queue of the io_context: a step that answers at once must not call itself ever deeper.
      wanted = true;
      http::asio::post(io, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && self->wanted && !self->running && !self->stopping) self->pass();
      });
      return;
    }
    Microseconds pause = poll_interval;
    if (result.next_at) pause = std::min(pause, std::max(*result.next_at - utc_now(), kShortestPause));
    timer.expires_after(pause);
    timer.async_wait([weak = weak_from_this()](http::ErrorCode error) {
      const auto self = weak.lock();
      if (self && !error && !self->running && !self->stopping) self->pass();
    });
  }

  http::asio::io_context& io;
  Step step;
  Milliseconds poll_interval;
  http::Timer timer;
  bool running = false;
  bool wanted = false;  ///< woken since the pass in hand began
  bool stopping = false;
  std::function<void()> stopped;
};

StepLoop::StepLoop(http::asio::io_context& io, Step step, Milliseconds poll_interval)
    : state_(std::make_shared<State>(io, std::move(step), poll_interval)) {}

StepLoop::~StepLoop() = default;

void StepLoop::start() {
  wake();
}

void StepLoop::wake() {
  if (state_->stopping) return;
  if (state_->running) {
    state_->wanted = true;
    return;
  }
  state_->pass();
}

void StepLoop::stop(std::function<void()> done) {
  state_->stopping = true;
  state_->timer.cancel();
  if (!state_->running) {
    http::asio::post(state_->io, std::move(done));
    return;
  }
  state_->stopped = std::move(done);
}

}  // namespace yizhan::app

// Calls for a step (base/step.h) when there is something for it to do: at the start, when woken, when something is due,
// and at the poll interval for what nobody tells (edits by hand on SQLite, nodes that died).
//
// Runs on one io_context thread.
#pragma once

#include <functional>
#include <memory>

#include "base/step.h"
#include "http/asio.h"

namespace yizhan::app {

class StepLoop {
 public:
  StepLoop(http::asio::io_context& io, Step step, Milliseconds poll_interval);
  ~StepLoop();
  StepLoop(const StepLoop&) = delete;
  StepLoop& operator=(const StepLoop&) = delete;

  /// The first pass, at once.
  void start();
  /// There is news: a pass now, or after the one in hand. Passes never overlap.
  void wake();
  /// No more passes; calls `done` once, when the one in hand has ended.
  void stop(std::function<void()> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace yizhan::app

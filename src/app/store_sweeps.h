// Has the store swept (Store::sweep) as often as its table of open events changes, beside live traffic.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "app/run_with_store.h"
#include "app/step_loop.h"

namespace yizhan::app {

struct SweepOptions {
  /// Results and claims that are worth a sweep: each leaves a dead row, of some 200 bytes, and two dead index entries.
  std::uint64_t changes = 25'000;
  Milliseconds look_every{500};
  /// After a sweep that failed.
  Seconds pause_after_failure{300};
};

/// Runs on the io_context thread.
class StoreSweeps {
 public:
  /// `changed`: how many results and claims were written since the start, by this process: of several, each sweeps for
  /// its own.
  StoreSweeps(http::asio::io_context& io, RunWithStore run, std::function<std::uint64_t()> changed,
              SweepOptions options = {});
  ~StoreSweeps();
  StoreSweeps(const StoreSweeps&) = delete;
  StoreSweeps& operator=(const StoreSweeps&) = delete;

  void start();
  /// After the sweep in hand; calls `done` once.
  void stop(std::function<void()> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
  StepLoop loop_;
};

}  // namespace yizhan::app

#include "app/store_sweeps.h"

#include <chrono>
#include <utility>

#include "base/log.h"

namespace yizhan::app {

struct StoreSweeps::State : std::enable_shared_from_this<State> {
  State(http::asio::io_context& context, RunWithStore run_with_store, std::function<std::uint64_t()> changes,
        SweepOptions given)
      : io(context), run(std::move(run_with_store)), changed(std::move(changes)), options(given) {}

  void step(std::move_only_function<void(StepResult)> done) {
    const std::uint64_t now = changed();
    if (now - swept_at < options.changes || std::chrono::steady_clock::now() < not_before) return done({});
    swept_at = now;
    run([self = shared_from_this(), done = std::move(done)](store::Store& store) mutable {
      http::asio::post(self->io, [self, swept = store.sweep(), done = std::move(done)]() mutable {
        if (!swept) {
          log::warning("store_sweep_failed", {{"code", swept.error().code}, {"message", swept.error().message}});
          self->not_before = std::chrono::steady_clock::now() + self->options.pause_after_failure;
        }
        done({});
      });
    });
  }

  http::asio::io_context& io;
  const RunWithStore run;
  const std::function<std::uint64_t()> changed;
  const SweepOptions options;
  std::uint64_t swept_at = 0;
  SteadyTime not_before{};
};

StoreSweeps::StoreSweeps(http::asio::io_context& io, RunWithStore run, std::function<std::uint64_t()> changed,
                         SweepOptions options)
    : state_(std::make_shared<State>(io, std::move(run), std::move(changed), options)),
      loop_(io, [state = state_](auto done) { state->step(std::move(done)); }, options.look_every) {}

StoreSweeps::~StoreSweeps() = default;

void StoreSweeps::start() {
  loop_.start();
}

void StoreSweeps::stop(std::function<void()> done) {
  loop_.stop(std::move(done));
}

}  // namespace yizhan::app

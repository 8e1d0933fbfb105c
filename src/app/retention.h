// Retention, wired: makes its passes beside live traffic, a batch at a time, on the thread of the store that it is
// given. Runs in every process, whatever its roles: of several, one makes each pass (store/retention.h).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/run_with_store.h"
#include "app/step_loop.h"
#include "config/config.h"
#include "store/retention_pass.h"

namespace yizhan::app {

store::RetentionPlan retention_plan(const config::RetentionSection& section);
/// Where what goes is kept (retention.export_dir); empty where nobody keeps it.
store::KeepLeaving keeping(const config::RetentionSection& section);

/// `The store takes 1.2 GiB of 1.5 GiB (80 %); at the growth of the last days it is full in 3.2 days.`
std::string readable_space(const StoreSpace& space);

/// Runs on the io_context thread.
class Retention {
 public:
  /// `batch_target`: kBatchTargetOnWriter where `run` keeps others waiting, else kBatchTarget.
  Retention(http::asio::io_context& io, RunWithStore run, Milliseconds batch_target,
            const config::RetentionSection& section);
  ~Retention();
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

  void start();
  /// From the next batch on.
  void replace(const config::RetentionSection& section);
  /// After the batch in hand; calls `done` once.
  void stop(std::function<void()> done);
  /// As of the last batch.
  const store::RetentionCounters& counters() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  StepLoop loop_;
};

}  // namespace yizhan::app

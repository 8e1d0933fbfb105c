// Does the ledger balance? Counts the minutes that are due (alert/ledger_progress.h), again and again.
//
// Counting reads every event of the minutes, so it has a thread that nothing urgent waits for, and a pause of 20 times
// what it cost.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "app/step_loop.h"
#include "domain/ledger.h"
#include "store/group_commit.h"

namespace yizhan::app {

/// Runs on the io_context thread.
class LedgerWatch {
 public:
  /// `thread` outlives this. `on_change`: there are other mismatches than before.
  LedgerWatch(http::asio::io_context& io, store::ReadThread& thread, std::function<void()> on_change);
  ~LedgerWatch();
  LedgerWatch(const LedgerWatch&) = delete;
  LedgerWatch& operator=(const LedgerWatch&) = delete;

  void start() { loop_.start(); }

  /// Lines of minutes that did not balance when they were counted last; by minute.
  const std::vector<LedgerLine>& mismatches() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  StepLoop loop_;
};

}  // namespace yizhan::app

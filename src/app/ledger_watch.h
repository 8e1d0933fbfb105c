// Does the ledger balance? Counts the events that are due (alert/ledger_progress.h), again and again, bit by bit: a
// long look would keep the embedded store's log from being moved, and its move then would hold up everybody.
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
  /// `thread` outlives this. `on_change`: the ledger stopped balancing, or balances again.
  LedgerWatch(http::asio::io_context& io, store::ReadThread& thread, std::function<void()> on_change);
  ~LedgerWatch();
  LedgerWatch(const LedgerWatch&) = delete;
  LedgerWatch& operator=(const LedgerWatch&) = delete;

  void start() { loop_.start(); }

  /// Lines of minutes, or of parts of them, that did not balance when they were counted last.
  const std::vector<LedgerLine>& mismatches() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  StepLoop loop_;
};

}  // namespace yizhan::app

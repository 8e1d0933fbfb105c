// Counts a ledger on the reports' thread, a piece at a time, with pauses: other reports, and who writes, come in
// between. Everything on the I/O thread but the counting itself.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "http/asio.h"
#include "store/group_commit.h"
#include "store/store.h"

namespace yizhan::api {

/// When it pauses, and for how long.
struct LedgerPace {
  Microseconds without_pause{0};  ///< of counting, before the first pause
  int pause_times_cost = 1;       ///< a pause, of what the piece before it cost
};

class LedgerCounter : public std::enable_shared_from_this<LedgerCounter> {
 public:
  using Done = std::move_only_function<void(Result<Ledger>)>;

  LedgerCounter(http::asio::io_context& io, store::ReadThread& thread, store::LedgerCount what, LedgerPace pace)
      : io_(io), thread_(thread), what_(std::move(what)), pace_(pace), timer_(io.get_executor()) {}

  /// `done` is called once, unless the counter is let go of in a pause. Codes: the store's, `store_busy` (too many
  /// reports wait), `stopping`. `on_pause` is called before each pause.
  void start(Done done, std::function<void()> on_pause = {});
  void stop();

  /// Of counting, so far.
  Microseconds cost() const { return cost_; }
  bool paused() const { return paused_; }

 private:
  void next();
  void took(const Result<bool>& all, Microseconds cost);
  void finish(Result<Ledger> counted);

  http::asio::io_context& io_;
  store::ReadThread& thread_;
  store::LedgerCount what_;  ///< the thread's while it counts a piece
  const LedgerPace pace_;
  http::Timer timer_;
  Done done_;
  std::function<void()> on_pause_;
  Microseconds cost_{};
  bool paused_ = false;
  bool stopped_ = false;
};

}  // namespace yizhan::api

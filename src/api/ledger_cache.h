// The ledger for /metrics. Counting it reads every row, seconds for millions of events: it is counted piece by piece,
// so that the store is never looked at for long, and what was counted is kept for 20 times what it cost, at least 5 s.
// The next is counted while the old one is still shown.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "api/ledger_counter.h"

namespace yizhan::api {

/// How it is counted.
struct LedgerCounting {
  Seconds kept_at_least{5};
  int kept_times_cost = 20;
  int piece = store::kLedgerPiece;
  /// From the first pause on, who waits for the first ledger is answered without one.
  LedgerPace pace{.without_pause = Microseconds{1'000'000}, .pause_times_cost = 10};
};

class LedgerCache : public std::enable_shared_from_this<LedgerCache> {
 public:
  struct Counted {
    Ledger ledger;
    SteadyTime at{};
    Microseconds cost{};
  };

  LedgerCache(http::asio::io_context& io, store::ReadThread& thread, LedgerCounting counting = {})
      : io_(io), thread_(thread), counting_(counting) {}

  /// Calls back with the last ledger, at once when there is one. Null when the store could not be read, or not in time,
  /// and there is none. On the I/O thread.
  void get(std::move_only_function<void(const Counted*)> then);
  /// Nothing is counted any more.
  void stop();
  bool counting() const { return counter_ != nullptr; }

 private:
  void count();
  void took(Result<Ledger> counted);
  void answer_waiting();

  http::asio::io_context& io_;
  store::ReadThread& thread_;
  const LedgerCounting counting_;
  std::optional<Counted> last_;
  std::shared_ptr<LedgerCounter> counter_;  ///< while it counts
  bool stopped_ = false;
  std::vector<std::move_only_function<void(const Counted*)>> waiting_;
};

}  // namespace yizhan::api

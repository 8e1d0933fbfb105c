// The ledger for /metrics. Counting it reads every row, seconds for millions of events: it is counted piece by piece,
// so that the store is never looked at for long, and what was counted is kept for 20 times what it cost, at least 5 s.
// The next is counted while the old one is still shown.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "domain/ledger.h"
#include "http/asio.h"
#include "store/group_commit.h"

namespace yizhan::api {

/// How it is counted.
struct LedgerCounting {
  Seconds kept_at_least{5};
  int kept_times_cost = 20;
  int piece = 20'000;  ///< events: some 40 ms beside full load
  /// From here on each piece is followed by a pause, and who waits for the first ledger is answered without one.
  Microseconds without_pause{1'000'000};
  int pause_times_cost = 10;
};

/// A ledger that is being counted.
struct LedgerWalk {
  Ledger ledger;
  std::int64_t after = 0;
  std::int64_t until = 0;
  Microseconds cost{};
  Microseconds last_cost{};  ///< of the last read
};

class LedgerCache : public std::enable_shared_from_this<LedgerCache> {
 public:
  struct Counted {
    Ledger ledger;
    SteadyTime at{};
    Microseconds cost{};
  };

  LedgerCache(http::asio::io_context& io, store::ReadThread& thread, LedgerCounting counting = {})
      : io_(io), thread_(thread), counting_(counting), timer_(io.get_executor()) {}

  /// Calls back with the last ledger, at once when there is one. Null when the store could not be read, or not in time,
  /// and there is none. On the I/O thread.
  void get(std::move_only_function<void(const Counted*)> then);
  /// Nothing is counted any more.
  void stop();
  bool counting() const { return walk_.has_value(); }

 private:
  void count();
  void next();
  void took(const store::LedgerPiece& piece);
  /// Reads on the thread; what was read is taken on this one.
  template <class Read, class Take>
  void on_thread(Read read, Take take);
  void give_up(const Error& error);
  void answer_waiting();

  http::asio::io_context& io_;
  store::ReadThread& thread_;
  const LedgerCounting counting_;
  http::Timer timer_;
  std::optional<Counted> last_;
  std::optional<LedgerWalk> walk_;
  bool stopped_ = false;
  std::vector<std::move_only_function<void(const Counted*)>> waiting_;
};

}  // namespace yizhan::api

// The ledger for /metrics. Counting it reads every row, seconds for millions of events; so the last one is kept for 20
// times what it cost, at least 5 s, and the next is counted while the old one is still shown.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "domain/ledger.h"
#include "http/asio.h"
#include "store/group_commit.h"

namespace yizhan::api {

class LedgerCache : public std::enable_shared_from_this<LedgerCache> {
 public:
  static constexpr Seconds kKeptAtLeast{5};
  static constexpr int kKeptTimesCost = 20;

  struct Counted {
    Ledger ledger;
    SteadyTime at{};
    Microseconds cost{};
  };

  LedgerCache(http::asio::io_context& io, store::ReadThread& thread) : io_(io), thread_(thread) {}

  /// Calls back with the last ledger, at once when there is one. Null when the store could not be read and there is
  /// none. On the I/O thread.
  void get(std::move_only_function<void(const Counted*)> then);

 private:
  void count();
  void counted(Result<Ledger> ledger, Microseconds cost);

  http::asio::io_context& io_;
  store::ReadThread& thread_;
  std::optional<Counted> last_;
  bool counting_ = false;
  std::vector<std::move_only_function<void(const Counted*)>> waiting_;
};

}  // namespace yizhan::api

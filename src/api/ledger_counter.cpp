#include "api/ledger_counter.h"

#include <utility>

namespace yizhan::api {

using std::chrono::steady_clock;

void LedgerCounter::start(Done done, std::function<void()> on_pause) {
  done_ = std::move(done);
  on_pause_ = std::move(on_pause);
  next();
}

void LedgerCounter::stop() {
  stopped_ = true;
  timer_.cancel();
}

void LedgerCounter::next() {
  if (stopped_) return finish(fail("stopping", "the service is stopping"));
  const bool taken = thread_.run([self = shared_from_this()](store::Store& store) mutable {
    const auto begun = steady_clock::now();
    auto all = store.count_on(self->what_);
    const auto cost = std::chrono::duration_cast<Microseconds>(steady_clock::now() - begun);
    auto& io = self->io_;
    http::asio::post(io, [self = std::move(self), all = std::move(all), cost] { self->took(all, cost); });
  });
  if (!taken) finish(fail("store_busy", "too many look-ups wait"));
}

void LedgerCounter::took(const Result<bool>& all, Microseconds cost) {
  cost_ += cost;
  if (!all) return finish(std::unexpected(all.error()));
  if (*all) return finish(std::move(what_.ledger));
  if (cost_ < pace_.without_pause) return next();
  paused_ = true;
  if (on_pause_) on_pause_();
  timer_.expires_after(cost * pace_.pause_times_cost);
  timer_.async_wait([weak = weak_from_this()](http::ErrorCode) {
    if (const auto self = weak.lock()) self->next();
  });
}

void LedgerCounter::finish(Result<Ledger> counted) {
  on_pause_ = {};
  std::exchange(done_, {})(std::move(counted));
}

}  // namespace yizhan::api

#include "api/ledger_cache.h"

#include <algorithm>

#include "base/log.h"

namespace yizhan::api {

using std::chrono::steady_clock;

void LedgerCache::get(std::move_only_function<void(const Counted*)> then) {
  if (!last_) {
    waiting_.push_back(std::move(then));
    return count();
  }
  const auto kept = std::max<Microseconds>(kKeptAtLeast, last_->cost * kKeptTimesCost);
  if (steady_clock::now() - last_->at > kept) count();
  then(&*last_);
}

void LedgerCache::count() {
  if (counting_) return;
  counting_ = true;
  const bool taken = thread_.run([self = shared_from_this()](store::Store& store) mutable {
    const auto begun = steady_clock::now();
    auto ledger = store.ledger(std::nullopt, std::nullopt, false);
    const auto cost = std::chrono::duration_cast<Microseconds>(steady_clock::now() - begun);
    auto& io = self->io_;
    http::asio::post(io, [self = std::move(self), ledger = std::move(ledger), cost]() mutable {
      self->counted(std::move(ledger), cost);
    });
  });
  if (!taken) counted(fail("store_busy", "too many look-ups wait"), {});
}

void LedgerCache::counted(Result<Ledger> ledger, Microseconds cost) {
  counting_ = false;
  if (ledger) {
    last_ = Counted{std::move(*ledger), steady_clock::now(), cost};
  } else {
    log::warning("ledger_not_counted", {{"code", ledger.error().code}, {"reason", ledger.error().message}});
  }
  for (auto& then : std::exchange(waiting_, {})) then(last_ ? &*last_ : nullptr);
}

}  // namespace yizhan::api

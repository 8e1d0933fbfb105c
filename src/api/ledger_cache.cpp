#include "api/ledger_cache.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace yizhan::api {

using std::chrono::steady_clock;

void LedgerCache::get(std::move_only_function<void(const Counted*)> then) {
  if (!last_) {
    if (stopped_ || (counter_ && counter_->paused())) return then(nullptr);
    waiting_.push_back(std::move(then));
    return count();
  }
  const auto kept = std::max<Microseconds>(counting_.kept_at_least, last_->cost * counting_.kept_times_cost);
  if (steady_clock::now() - last_->at > kept) count();
  then(&*last_);
}

void LedgerCache::stop() {
  stopped_ = true;
  if (counter_) counter_->stop();
}

void LedgerCache::count() {
  if (counter_ || stopped_) return;
  counter_ =
      std::make_shared<LedgerCounter>(io_, thread_, store::LedgerCount{.piece = counting_.piece}, counting_.pace);
  // The counter is this one's, or the reading thread's while it counts.
  counter_->start(
      [weak = weak_from_this()](Result<Ledger> counted) {
        if (const auto self = weak.lock()) self->took(std::move(counted));
      },
      [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->answer_waiting();
      });
}

void LedgerCache::took(Result<Ledger> counted) {
  const auto counter = std::exchange(counter_, nullptr);
  if (counted) {
    last_ = Counted{std::move(*counted), steady_clock::now(), counter->cost()};
  } else if (!stopped_) {
    log::warning("ledger_not_counted", {{"code", counted.error().code}, {"reason", counted.error().message}});
  }
  answer_waiting();
}

void LedgerCache::answer_waiting() {
  for (auto& then : std::exchange(waiting_, {})) then(last_ ? &*last_ : nullptr);
}

}  // namespace yizhan::api

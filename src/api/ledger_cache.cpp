#include "api/ledger_cache.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace yizhan::api {
namespace {

using std::chrono::steady_clock;

/// How far events are counted: to the newest one when it began. With what retention deleted, read before them: what is
/// deleted meanwhile may be in neither, and is in nothing twice.
struct Beginning {
  Ledger deleted;
  std::int64_t until = 0;
};

Result<Beginning> begin(store::Store& store) {
  auto deleted = store.ledger_of_deleted();
  if (!deleted) return std::unexpected(std::move(deleted.error()));
  const auto newest = store.newest_event();
  if (!newest) return std::unexpected(newest.error());
  return Beginning{.deleted = std::move(*deleted), .until = *newest};
}

}  // namespace

void LedgerCache::get(std::move_only_function<void(const Counted*)> then) {
  if (!last_) {
    if (walk_ && walk_->cost >= counting_.without_pause) return then(nullptr);
    waiting_.push_back(std::move(then));
    return count();
  }
  const auto kept = std::max<Microseconds>(counting_.kept_at_least, last_->cost * counting_.kept_times_cost);
  if (steady_clock::now() - last_->at > kept) count();
  then(&*last_);
}

void LedgerCache::stop() {
  stopped_ = true;
  timer_.cancel();
}

void LedgerCache::count() {
  if (walk_) return;
  walk_.emplace();
  on_thread(begin, [](LedgerCache& self, Beginning found) {
    self.walk_->ledger = std::move(found.deleted);
    self.walk_->until = found.until;
    self.next();
  });
}

void LedgerCache::next() {
  if (stopped_) {
    walk_.reset();
    return answer_waiting();
  }
  on_thread([after = walk_->after, until = walk_->until,
             most = counting_.piece](store::Store& store) { return store.ledger_piece(after, until, most); },
            [](LedgerCache& self, const store::LedgerPiece& piece) { self.took(piece); });
}

template <class Read, class Take>
void LedgerCache::on_thread(Read read, Take take) {
  const bool taken = thread_.run([self = shared_from_this(), read, take](store::Store& store) mutable {
    const auto begun = steady_clock::now();
    auto found = read(store);
    const auto cost = std::chrono::duration_cast<Microseconds>(steady_clock::now() - begun);
    auto& io = self->io_;
    http::asio::post(io, [self = std::move(self), found = std::move(found), take, cost]() mutable {
      if (!found) return self->give_up(found.error());
      self->walk_->cost += cost;
      self->walk_->last_cost = cost;
      take(*self, std::move(*found));
    });
  });
  if (!taken) give_up({"store_busy", "too many look-ups wait"});
}

void LedgerCache::took(const store::LedgerPiece& piece) {
  for (LedgerLine line : piece.ledger.lines) {
    line.minute.reset();
    walk_->ledger.add(line);
  }
  if (piece.events < counting_.piece) {
    last_ = Counted{std::move(walk_->ledger), steady_clock::now(), walk_->cost};
    walk_.reset();
    return answer_waiting();
  }
  walk_->after = piece.last;
  if (walk_->cost < counting_.without_pause) return next();
  answer_waiting();
  timer_.expires_after(walk_->last_cost * counting_.pause_times_cost);
  timer_.async_wait([weak = weak_from_this()](http::ErrorCode) {
    if (const auto self = weak.lock()) self->next();
  });
}

void LedgerCache::give_up(const Error& error) {
  walk_.reset();
  log::warning("ledger_not_counted", {{"code", error.code}, {"reason", error.message}});
  answer_waiting();
}

void LedgerCache::answer_waiting() {
  for (auto& then : std::exchange(waiting_, {})) then(last_ ? &*last_ : nullptr);
}

}  // namespace yizhan::api

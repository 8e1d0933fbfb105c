#include "store/waiting_work.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace yizhan::store {
namespace {

/// As few items as are worth a commit of their own: fewer are not shared out.
constexpr std::size_t kWorthACommit = 32;

/// Moves the first `count` items of `from` to the end of `to`.
template <class Item>
void move_front(std::vector<Item>& from, std::vector<Item>& to, std::size_t count) {
  const auto distance = static_cast<std::ptrdiff_t>(std::min(count, from.size()));
  if (to.empty()) {
    // The items are large: those that are meant stay where they are, the others move out.
    to.swap(from);
    const auto rest = to.begin() + distance;
    from.insert(from.end(), std::move_iterator(rest), std::move_iterator(to.end()));
    to.erase(rest, to.end());
    return;
  }
  const auto end = from.begin() + distance;
  to.insert(to.end(), std::move_iterator(from.begin()), std::move_iterator(end));
  from.erase(from.begin(), end);
}

void move_claims(WaitingWork& from, WaitingWork& to, std::size_t count) {
  move_front(from.claims, to.claims, count);
  move_front(from.claim_done, to.claim_done, count);
}

/// What a call adds to a transaction.
std::size_t items_of(const AcceptCall& call) {
  return call.events.size();
}
std::size_t items_of(const ReceiveCall& call) {
  return 1 + call.effect_events.size() + call.events.size();
}
template <class Call>
std::size_t items_of(const std::vector<Call>& calls) {
  std::size_t items = 0;
  for (const Call& call : calls) items += items_of(call);
  return items;
}

/// Also of a WriteBatch.
std::size_t all_items_of(const auto& work)
  requires requires { work.releases; }
{
  return work.records.size() + work.releases.size() + work.claims.size() + items_of(work.accepts) +
         items_of(work.receives);
}

/// The calls at the front that hold at most `items` together; at least one call.
template <class Call>
std::size_t calls_within(const std::vector<Call>& calls, std::size_t items) {
  std::size_t count = 0;
  std::size_t held = 0;
  while (count < calls.size() && (count == 0 || held + items_of(calls[count]) <= items)) {
    held += items_of(calls[count++]);
  }
  return count;
}

/// How much of what waits the next transaction takes. If it takes everything, all callers wait for one and the same
/// commit: nobody brings new work while it lasts, and the writer has none while they are answered. Half at a time, both
/// go on side by side (SQLite, 64 connections: a sixth more accepted a second). Where the writer only waits for a
/// server, large transactions are worth more: what each costs by itself is the server's bound (PostgreSQL: a quarter
/// more accepted when it takes all).
std::size_t share_of(const WaitingWork& waiting, const GroupCommit::Options& options) {
  const std::size_t items = all_items_of(waiting);
  return std::clamp(items / options.share, std::min(kWorthACommit, options.batch_limit), options.batch_limit);
}

}  // namespace

void move_records(WaitingWork& from, WaitingWork& to, std::size_t count) {
  move_front(from.records, to.records, count);
  move_front(from.record_done, to.record_done, count);
}
void move_accepts(WaitingWork& from, WaitingWork& to, std::size_t count) {
  move_front(from.accepts, to.accepts, count);
  move_front(from.accept_done, to.accept_done, count);
}
void move_receives(WaitingWork& from, WaitingWork& to, std::size_t count) {
  move_front(from.receives, to.receives, count);
  move_front(from.receive_done, to.receive_done, count);
}
void move_releases(WaitingWork& from, WaitingWork& to, std::size_t count) {
  move_front(from.releases, to.releases, count);
}

void move_all(WaitingWork& from, WaitingWork& to) {
  move_records(from, to, from.records.size());
  move_accepts(from, to, from.accepts.size());
  move_receives(from, to, from.receives.size());
  move_releases(from, to, from.releases.size());
  move_claims(from, to, from.claims.size());
}

std::size_t items_of(const WriteBatch& batch) {
  return all_items_of(batch);
}

WaitingWork take_batch(WaitingWork& waiting, const GroupCommit::Options& options) {
  const std::size_t limit = share_of(waiting, options);
  WaitingWork batch;
  move_releases(waiting, batch, limit);
  move_claims(waiting, batch, limit);
  move_records(waiting, batch, limit);
  // Results come from events that were accepted: if they fill a transaction alone, new events still get their share.
  const std::size_t room = std::max(limit - std::min(limit, batch.records.size()), limit / 4);
  // Where both wait, neither waits for the other: each gets what the other leaves, and half in any case.
  const auto share = [room](std::size_t of_others) { return std::max(room - std::min(room, of_others), room / 2); };
  const std::size_t for_accepts = share(items_of(waiting.receives));
  const std::size_t for_receives = share(items_of(waiting.accepts));
  move_accepts(waiting, batch, calls_within(waiting.accepts, for_accepts));
  move_receives(waiting, batch, calls_within(waiting.receives, for_receives));
  return batch;
}

WaitingWork split(WaitingWork& work) {
  WaitingWork half;
  std::size_t count = work.size() / 2;
  const auto part = [&](std::size_t available) {
    const std::size_t taken = std::min(count, available);
    count -= taken;
    return taken;
  };
  move_records(work, half, part(work.records.size()));
  move_accepts(work, half, part(work.accepts.size()));
  move_receives(work, half, part(work.receives.size()));
  move_releases(work, half, part(work.releases.size()));
  move_claims(work, half, part(work.claims.size()));
  return half;
}

void refuse_waiting(WaitingWork& work, const Error& error) {
  for (std::size_t i = 0; i < work.accept_done.size(); ++i) {
    if (work.accept_done[i]) work.accept_done[i](std::unexpected(error), std::move(work.accepts[i]));
  }
  for (std::size_t i = 0; i < work.receive_done.size(); ++i) {
    if (work.receive_done[i]) work.receive_done[i](std::unexpected(error), std::move(work.receives[i]));
  }
  for (auto& done : work.claim_done) {
    if (done) done(std::unexpected(error));
  }
}

}  // namespace yizhan::store

#include "store/retention_pass.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/random.h"

namespace yizhan::store {
namespace {

constexpr int kFirstRows = 50;
constexpr std::size_t kHolderBytes = 8;
/// How often a node looks whether another's pass is over.
constexpr Seconds kLookAgain{60};

RetentionKind kind_of(std::size_t index) {
  return static_cast<RetentionKind>(index);
}
std::size_t index_of(RetentionKind kind) {
  return static_cast<std::size_t>(kind);
}

Microseconds since(SteadyTime began) {
  return std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - began);
}

}  // namespace

RetentionPass::RetentionPass(RetentionPlan plan, KeepLeaving keep)
    : plan_(std::move(plan)), keep_(std::move(keep)), holder_(random_hex(kHolderBytes)) {}

bool RetentionPass::next_kind(UtcTime now) {
  for (std::size_t next = batch_->rows == 0 ? 0 : index_of(batch_->kind) + 1; next < kRetentionKinds; ++next) {
    const auto limit = retention_limit(plan_.ages, kind_of(next), counters_.pressure, now);
    if (!limit) continue;
    batch_ = RetentionBatch{.kind = kind_of(next),
                            .limit = *limit,
                            .now = now,
                            .after = walked_to_[next],
                            .rows = std::min(kFirstRows, plan_.batch_rows)};
    young_seen_ = false;
    return true;
  }
  return false;
}

Result<RetentionPass::Step> RetentionPass::begin(Store& store, UtcTime now) {
  const auto state = retention_state(store);
  if (!state) return std::unexpected(state.error());
  const UtcTime first_at = now + plan_.interval;
  const auto space = store_space(store, plan_.quota_bytes, now);
  if (!space) return std::unexpected(space.error());
  counters_.space = *space;
  const auto begun = begin_pass(store, holder_, plan_.at_once, first_at, now);
  if (!begun) return std::unexpected(begun.error());
  if (!*begun) {
    const UtcTime due = state->next_at.value_or(first_at);
    return Step{.next_at = state->holder.empty() && due > now ? due : now + kLookAgain};
  }
  counters_.pressure = at_last_pass_ ? next_pressure(counters_.pressure, *space, *at_last_pass_) : 0;
  at_last_pass_ = *space;
  if (now - walks_began_ >= std::chrono::days{1}) {
    walked_to_ = {};
    walks_began_ = now;
  }
  removed_ = 0;
  batch_ = RetentionBatch{.rows = 0};
  if (!next_kind(now)) return end(store, now);
  return Step{.in_pass = true};
}

Result<RetentionPass::Step> RetentionPass::end(Store& store, UtcTime now) {
  batch_.reset();
  ++counters_.passes;
  const UtcTime next_at = now + plan_.interval;
  if (auto done = end_pass(store, holder_, removed_, next_at, counters_.space.used_bytes, now); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return Step{.finished = true, .next_at = next_at};
}

Result<RetentionPass::Step> RetentionPass::step(Store& store, Microseconds waited, UtcTime now) {
  if (!batch_) return begin(store, now);
  batch_->now = now;
  const SteadyTime began = std::chrono::steady_clock::now();
  auto reply = remove_batch(store, *batch_, holder_, keep_);
  const Microseconds took = since(began);
  store.tidy();  // without live traffic nobody else does
  counters_.micros += static_cast<std::uint64_t>(took.count());
  if (!reply) {
    ++counters_.failed_batches;
    batch_.reset();
    // So that another node, or the next try, need not wait until the hold has run out.
    if (reply.error().code != "retention_elsewhere") {
      (void)end_pass(store, holder_, removed_, now + plan_.interval, counters_.space.used_bytes, now);
    }
    return std::unexpected(std::move(reply.error()));
  }
  const std::size_t kind = index_of(batch_->kind);
  removed_ += reply->removed;
  counters_.removed[kind] += static_cast<std::uint64_t>(reply->removed);
  if (!young_seen_) walked_to_[kind] = reply->young_after.value_or(reply->after);
  young_seen_ = young_seen_ || reply->young_after.has_value();
  batch_->after = reply->after;
  batch_->rows = next_batch_rows(batch_->rows, took, plan_.batch_target, plan_.batch_rows);
  if (reply->ended && !next_kind(now)) return end(store, now);
  return Step{.in_pass = true, .took = took, .pause = pause_after(waited, took, plan_.pause)};
}

Result<std::array<std::int64_t, kRetentionKinds>> look_at_pass(Store& store, const RetentionPlan& plan, UtcTime now) {
  constexpr int kLookedAtOnce = 5000;
  std::array<std::int64_t, kRetentionKinds> found{};
  for (std::size_t kind = 0; kind < kRetentionKinds; ++kind) {
    const auto limit = retention_limit(plan.ages, kind_of(kind), 0, now);
    if (!limit) continue;
    RetentionBatch batch{.kind = kind_of(kind), .limit = *limit, .now = now, .after = 0, .rows = kLookedAtOnce};
    for (;;) {
      const auto reply = look_at_batch(store, batch);
      if (!reply) return std::unexpected(reply.error());
      found[kind] += reply->removed;
      batch.after = reply->after;
      if (reply->ended) break;
    }
  }
  return found;
}

}  // namespace yizhan::store

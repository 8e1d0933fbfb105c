// Taking away what has been finished for long enough: in small batches, each one transaction, so that live traffic
// never waits for more than one of them. What is open is never touched. How old is old enough is domain/retention.h;
// why it is done like this, docs/decisions/0006-retention.md.
//
// What a batch deletes of events it adds to `ledger_rollup` in the same transaction: the ledger stays exact. A batch
// that fails, or whose process dies, has changed nothing.
//
// The newest event and the newest callback are never deleted: SQLite would give their numbers out again.
//
// Functions of a Store that writes. Errors as in store.h; `store_unavailable` where others changed the same rows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "domain/retention.h"
#include "store/store.h"

namespace yizhan::store {

/// An event with all that is known of it, its payload included.
struct WholeEvent {
  EventView view;
  std::vector<AttemptView> attempts;
};
/// By their ids, in any order; those that are not there are left out.
Result<std::vector<WholeEvent>> read_whole_events(Session& session, const std::vector<std::string>& ids);

/// What a batch is about to take away, as it is before that.
struct LeavingRows {
  RetentionKind kind{};
  std::vector<WholeEvent> events;
  std::vector<CallbackView> callbacks;
};
/// Called inside the transaction: what it answers with an error stays. It may be called again with the same rows, when
/// the transaction has to be tried again. Empty: nobody keeps them.
using KeepLeaving = std::function<Result<void>(const LeavingRows&)>;

struct RetentionBatch {
  RetentionKind kind{};
  UtcTime limit{};  ///< what ended before goes
  UtcTime now{};
  std::int64_t after = 0;  ///< the number that the batch before ended at; 0: from the old end
  int rows = 100;          ///< looked at, at most
};
struct RetentionReply {
  std::int64_t looked_at = 0;
  std::int64_t removed = 0;  ///< rows of the kind; what goes with them is not counted
  std::int64_t after = 0;    ///< for the next batch
  bool ended = false;        ///< nothing further on is old enough
  /// The number after which the first row stands that came too late to be old enough: for the next pass. Empty: none
  /// did.
  std::optional<std::int64_t> young_after{};
};
/// Only while `holder` holds the pass (below); `retention_elsewhere` when it does not. Fail point:
/// `retention.before_commit`.
Result<RetentionReply> remove_batch(Store& store, const RetentionBatch& batch, std::string_view holder,
                                    const KeepLeaving& keep = {});
/// What the batch would do. Changes nothing.
Result<RetentionReply> look_at_batch(Store& store, const RetentionBatch& batch);

/// Of several nodes one makes a pass; who died in one holds it for this long. PostgreSQL judges by its own clock.
inline constexpr Seconds kPassHeldFor{60};

/// What the nodes know of each other's passes.
struct RetentionState {
  std::string holder;  ///< empty: no pass is being made
  std::optional<UtcTime> next_at;
  std::optional<UtcTime> last_at;     ///< when the last one ended
  std::int64_t last_removed = 0;      ///< rows of all kinds, by the last one
  std::optional<UtcTime> sampled_at;  ///< when the store had sampled_bytes
  std::int64_t sampled_bytes = 0;
};
Result<RetentionState> retention_state(Store& store);
/// Takes the pass for `holder`; false where another has it, or where it is not due (unless `at_once`). One that was
/// never made is due at `first_at`.
Result<bool> begin_pass(Store& store, std::string_view holder, bool at_once, UtcTime first_at, UtcTime now);
/// Notes how much room the store takes now as well.
Result<void> end_pass(Store& store, std::string_view holder, std::int64_t removed, UtcTime next_at,
                      std::int64_t used_bytes, UtcTime now);

/// `quota` 0: what the store has and the file system still has room for. On SQLite the room of deleted rows, which is
/// used again, does not count as used; on PostgreSQL it does.
Result<StoreSpace> store_space(Store& store, std::int64_t quota, UtcTime now);

}  // namespace yizhan::store

// What waits for the writer of a GroupCommit (group_commit.h): requests with the functions that wait for their answers,
// and how much of it the next transaction takes. Owned by whoever holds it; no thread, no lock.
#pragma once

#include <cstddef>
#include <vector>

#include "store/group_commit.h"

namespace yizhan::store {

/// Each request and the function that waits for its answer stand at the same place.
struct WaitingWork {
  std::vector<AttemptRecord> records;
  std::vector<GroupCommit::RecordDone> record_done;
  std::vector<AcceptCall> accepts;
  std::vector<GroupCommit::AcceptDone> accept_done;
  std::vector<ReceiveCall> receives;
  std::vector<GroupCommit::ReceiveDone> receive_done;
  std::vector<Release> releases;
  std::vector<ClaimRequest> claims;
  std::vector<GroupCommit::ClaimDone> claim_done;

  std::size_t size() const {
    return records.size() + accepts.size() + receives.size() + releases.size() + claims.size();
  }
  /// Those that are refused when too many wait.
  std::size_t calls() const { return accepts.size() + receives.size(); }
  bool empty() const { return size() == 0; }
};

// Each moves the first `count` items of `from`, with their functions, to the end of `to`.
void move_records(WaitingWork& from, WaitingWork& to, std::size_t count);
void move_accepts(WaitingWork& from, WaitingWork& to, std::size_t count);
void move_receives(WaitingWork& from, WaitingWork& to, std::size_t count);
void move_releases(WaitingWork& from, WaitingWork& to, std::size_t count);
void move_all(WaitingWork& from, WaitingWork& to);

/// What a transaction with all of this writes: results, releases, claims, and what the calls store.
std::size_t items_of(const WriteBatch& batch);

/// Takes from `waiting` what the next transaction writes.
WaitingWork take_batch(WaitingWork& waiting, const GroupCommit::Options& options);

/// Half of the work: to find the one item that the store refuses.
WaitingWork split(WaitingWork& work);

/// Everybody who waits for an answer hears of the error, and gets his call back.
void refuse_waiting(WaitingWork& work, const Error& error);

}  // namespace yizhan::store

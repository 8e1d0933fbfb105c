// One writing store of a GroupCommit (group_commit.h), with the thread that owns it and what waits for it. Made and
// ended by the GroupCommit; what it offers is thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "store/group_commit.h"
#include "store/waiting_work.h"

namespace yizhan::store {

class CommitThread {
 public:
  CommitThread(std::unique_ptr<Store> writer, Post post, GroupCommit::Options options, const char* thread_name);
  /// Commits what was handed over, completes it, ends the thread.
  ~CommitThread();
  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;

  /// `add(work)` puts what is handed over at the end of what waits.
  template <class Add>
  void hand_over(Add add) {
    bool was_idle = false;
    {
      const std::lock_guard lock(mutex_);
      was_idle = handed_over_.empty() && tasks_.empty();
      add(handed_over_);
    }
    if (was_idle) news_.notify_one();
  }

  /// Where as many calls wait already as may wait it is refused; where the writer is stuck, with all that wait for it.
  template <class Add>
  void hand_over_call(Add add) {
    WaitingWork refused;
    hand_over([&](WaitingWork& work) {
      if (is_stuck()) {
        take_unseen_calls(refused);
        add(refused);
      } else if (calls_waiting_ >= options_.waiting_limit) {
        add(refused);
      } else {
        ++calls_waiting_;
        add(work);
      }
    });
    refuse_busy(std::move(refused));
  }

  void run(GroupCommit::Task task) {
    hand_over([&](WaitingWork&) { tasks_.push_back(std::move(task)); });
  }

  void refuse_if_stuck();
  CommitCounters counters() const;
  bool healthy() const { return healthy_; }

 private:
  // With the mutex held.
  bool is_stuck() const;
  void take_unseen_calls(WaitingWork& to);

  void refuse_busy(WaitingWork refused);

  // On the thread.
  void go();
  bool take_over(std::vector<GroupCommit::Task>& due_tasks);
  void commit(WaitingWork work);
  void complete(WaitingWork work, WriteBatch batch, WriteReply reply);
  void fail_all(WaitingWork work, const Error& error);
  void refuse_single(WaitingWork work, const Error& error);
  void give_up();

  // Owned by the thread.
  const std::unique_ptr<Store> store_;
  WaitingWork backlog_;    ///< taken over, not yet committed: what is over the limit, and what a failed commit left
  Milliseconds pause_{0};  ///< before the next try; 0 unless the last commit failed

  const Post post_;  ///< thread-safe
  const GroupCommit::Options options_;

  mutable std::mutex mutex_;
  std::condition_variable news_;
  // Guarded by mutex_.
  WaitingWork handed_over_;
  std::vector<GroupCommit::Task> tasks_;
  std::size_t calls_waiting_ = 0;            ///< accepts and receives, handed over or in the backlog
  std::optional<SteadyTime> at_work_since_;  ///< while the writer has something in hand
  bool stopping_ = false;
  CommitCounters counters_;

  std::atomic<bool> healthy_ = true;

  std::thread thread_;
};

}  // namespace yizhan::store

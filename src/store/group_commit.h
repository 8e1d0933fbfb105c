// Group commit: many callers' writes in one transaction. One thread owns the writing store; whatever is handed over
// while it commits joins the next transaction, so one fsync serves many callbacks, and it never lingers for more.
//
// Completions run on the caller's executor, all those of one commit in one post.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/histogram.h"
#include "store/store.h"

namespace yizhan::store {

/// Runs a function on the thread that completions belong to (for example by asio::post). Thread-safe.
using Post = std::function<void(std::move_only_function<void()>)>;

/// What the writer has done since its start; for metrics.
struct CommitCounters {
  std::uint64_t commits = 0;
  std::uint64_t failed_commits = 0;
  std::uint64_t events_accepted = 0;
  std::uint64_t callbacks_received = 0;  ///< whatever their verdict
  std::uint64_t results_recorded = 0;
  std::uint64_t results_refused = 0;  ///< lease lost
  std::uint64_t events_claimed = 0;
  std::uint64_t calls_waiting = 0;       ///< at this moment: accept and receive calls without a transaction
  DurationHistogram commit_durations{};  ///< of the committed ones
  BatchHistogram commit_items{};         ///< results, claims, releases, and what the calls store
};

class GroupCommit {
 public:
  // The calls are large: they are handed on by reference.
  using AcceptDone = std::move_only_function<void(Result<std::vector<Accepted>>&&, AcceptCall&&)>;
  using ReceiveDone = std::move_only_function<void(Result<Received>&&, ReceiveCall&&)>;
  using RecordDone = std::move_only_function<void(RecordReply)>;
  using ClaimDone = std::move_only_function<void(Result<ClaimReply>)>;
  using Task = std::move_only_function<void(Store&)>;

  struct Options {
    /// Items in one transaction at most; what is over waits for the next.
    std::size_t batch_limit = 1000;
    /// A transaction takes one in so many of the items that wait, but no fewer than are worth a commit: 2 where the
    /// writer's thread does the work itself, 1 where a server does it and each transaction costs it something.
    std::size_t share = 2;
    /// Accept and receive calls that may wait; one more is refused at once with `store_busy`, so that callers hear of
    /// it in time.
    std::size_t waiting_limit = 20000;
    /// A writer that has been at one transaction for longer than this is stuck (a disk or a server that does not
    /// answer): accept calls that wait for it are refused with `store_busy`, and so are new ones, until it comes back.
    /// Those in the transaction itself wait for its outcome.
    Milliseconds longest_wait{2000};
    /// Pause before a failed commit is tried again, doubled to the maximum while it keeps failing.
    Milliseconds retry_pause{100};
    Milliseconds retry_pause_max{2000};
  };

  /// Takes ownership of `writer`, starts the thread.
  GroupCommit(std::unique_ptr<Store> writer, Post post, Options options);
  /// Commits what was handed over, completes it, ends the thread.
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // All thread-safe; none blocks.

  /// Done with the events as stored, or with the error after which nothing of the call is stored. The call comes back
  /// with its events, so that they can be sent without reading them again.
  void accept(AcceptCall call, AcceptDone done);
  /// Likewise for one callback, with all that follows from it; waits in the same line as accept().
  void receive(ReceiveCall call, ReceiveDone done);
  /// Tried until the store takes it: an attempt that was made is never forgotten while this process lives.
  void record(AttemptRecord record, RecordDone done);
  void claim(ClaimRequest request, ClaimDone done);
  void release(Release release);
  /// Runs on the writer's thread between transactions; for administration.
  void run(Task task);

  /// Looks whether the writer is stuck (Options::longest_wait), as every call that is handed over does; for a timer, so
  /// that those who wait hear of it although nobody else comes.
  void refuse_if_stuck();

  CommitCounters counters() const;
  /// False from a commit that failed or got stuck until one succeeds: the API answers 503 and /ready says so.
  bool healthy() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// One thread with a reading store of its own, for look-ups that must hold up neither the writer nor the I/O thread.
class ReadThread {
 public:
  explicit ReadThread(std::unique_ptr<Store> reader);
  /// Ends after the tasks that were handed over.
  ~ReadThread();
  ReadThread(const ReadThread&) = delete;
  ReadThread& operator=(const ReadThread&) = delete;

  /// Thread-safe. Tasks run in order. False when more than `kWaitingLimit` wait already.
  bool run(std::move_only_function<void(Store&)> task);
  static constexpr std::size_t kWaitingLimit = 1000;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace yizhan::store

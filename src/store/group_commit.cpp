#include "store/group_commit.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/log.h"
#include "store/waiting_work.h"

namespace yizhan::store {
namespace {

/// How often a stop tries to write down what is left before it gives up on a store that is gone.
constexpr int kTriesAtTheEnd = 3;

/// A reason that lies in what was written: trying the same again gives the same.
bool is_deterministic(const Error& error) {
  return error.code == "value_refused" || error.code == "sql_error" || error.code == "event_id_taken" ||
         error.code == "idempotency_conflict";
}

}  // namespace

struct GroupCommit::State {
  State(std::unique_ptr<Store> owned_store, Post post_function, Options given)
      : store(std::move(owned_store)), post(std::move(post_function)), options(given) {}

  // Owned by the writer's thread.
  const std::unique_ptr<Store> store;
  WaitingWork backlog;    ///< taken over, not yet committed: what is over the limit, and what a failed commit left
  Milliseconds pause{0};  ///< before the next try; 0 unless the last commit failed

  const Post post;  ///< thread-safe
  const Options options;

  std::mutex mutex;
  std::condition_variable news;
  // Guarded by mutex.
  WaitingWork handed_over;
  std::vector<Task> tasks;
  std::size_t calls_waiting = 0;            ///< accepts and receives, handed over or in the backlog
  std::optional<SteadyTime> at_work_since;  ///< while the writer has something in hand
  bool stopping = false;
  CommitCounters counters;

  std::atomic<bool> healthy = true;

  std::thread thread;

  template <class Add>
  void hand_over(Add add) {
    bool was_idle = false;
    {
      const std::lock_guard lock(mutex);
      was_idle = handed_over.empty() && tasks.empty();
      add();
    }
    if (was_idle) news.notify_one();
  }

  /// Where as many calls wait already as may wait it is refused; where the writer is stuck, with all that wait for it.
  template <class Add>
  void hand_over_call(Add add) {
    WaitingWork refused;
    hand_over([&] {
      if (is_stuck()) {
        take_unseen_calls(refused);
        add(refused);
      } else if (calls_waiting >= options.waiting_limit) {
        add(refused);
      } else {
        ++calls_waiting;
        add(handed_over);
      }
    });
    refuse_busy(std::move(refused));
  }

  bool is_stuck() const;
  void take_unseen_calls(WaitingWork& to);
  void refuse_busy(WaitingWork refused);
  void run();
  bool take_over(std::vector<Task>& due_tasks);
  void commit(WaitingWork work);
  void complete(WaitingWork work, WriteBatch batch, WriteReply reply);
  void fail_all(WaitingWork work, const Error& error);
  void refuse_single(WaitingWork work, const Error& error);
  void give_up();
};

void GroupCommit::State::run() {
  int tries_left = kTriesAtTheEnd;
  for (;;) {
    std::vector<Task> due_tasks;
    const bool going_on = take_over(due_tasks);
    for (Task& task : due_tasks) task(*store);
    // A store that failed is tried even when nobody has anything for it: callers stay away until it is healthy again.
    if (!backlog.empty() || !healthy) commit(take_batch(backlog, options));
    store->tidy();
    if (going_on) continue;

    const bool done = [&] {
      const std::lock_guard lock(mutex);
      return backlog.empty() && handed_over.empty() && tasks.empty();
    }();
    if (done) return;
    if (!healthy && --tries_left == 0) return give_up();
  }
}

/// Waits for work and takes it over. False when there will be no more.
bool GroupCommit::State::take_over(std::vector<Task>& due_tasks) {
  std::unique_lock lock(mutex);
  at_work_since.reset();
  if (pause != Milliseconds{0}) {
    // The store is failing: the next try is made after a pause, with what has come in meanwhile.
    news.wait_for(lock, pause, [&] { return !tasks.empty(); });
  } else if (backlog.empty()) {
    news.wait(lock, [&] { return stopping || !tasks.empty() || !handed_over.empty(); });
  }
  due_tasks.swap(tasks);
  move_all(handed_over, backlog);
  at_work_since = std::chrono::steady_clock::now();
  return !stopping;
}

void GroupCommit::State::commit(WaitingWork work) {
  {
    const std::lock_guard lock(mutex);
    calls_waiting -= work.calls();
    at_work_since = std::chrono::steady_clock::now();
  }
  WriteBatch batch{.records = std::move(work.records),
                   .accepts = std::move(work.accepts),
                   .receives = std::move(work.receives),
                   .releases = std::move(work.releases),
                   .claims = std::move(work.claims),
                   .now = utc_now()};
  const std::size_t items = items_of(batch);
  const auto begun = std::chrono::steady_clock::now();
  auto reply = store->write(batch);
  const auto took = std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - begun);
  if (reply) {
    pause = Milliseconds{0};
    const std::lock_guard lock(mutex);
    at_work_since.reset();
    if (!healthy.exchange(true)) log::info("store_recovered");
    ++counters.commits;
    counters.commit_durations.add(took);
    counters.commit_items.add(static_cast<double>(items));
  } else {
    const std::lock_guard lock(mutex);
    ++counters.failed_commits;
  }
  if (reply) return complete(std::move(work), std::move(batch), std::move(*reply));

  work.records = std::move(batch.records);
  work.accepts = std::move(batch.accepts);
  work.receives = std::move(batch.receives);
  work.releases = std::move(batch.releases);
  work.claims = std::move(batch.claims);
  if (!is_deterministic(reply.error())) return fail_all(std::move(work), reply.error());
  if (work.size() == 1) return refuse_single(std::move(work), reply.error());
  {
    const std::lock_guard lock(mutex);
    calls_waiting += work.calls();  // the halves take them off again
  }
  WaitingWork half = split(work);
  commit(std::move(half));
  commit(std::move(work));
}

void GroupCommit::State::complete(WaitingWork work, WriteBatch batch, WriteReply reply) {
  {
    const std::lock_guard lock(mutex);
    const auto count_new = [this](const std::vector<Accepted>& events) {
      counters.events_accepted += static_cast<std::uint64_t>(
          std::ranges::count_if(events, [](const Accepted& event) { return !event.duplicate; }));
    };
    for (const auto& accepted : reply.accepts) {
      if (accepted) count_new(*accepted);
    }
    for (const auto& received : reply.receives) {
      if (!received) continue;
      ++counters.callbacks_received;
      count_new(received->effect_events);
      count_new(received->events);
    }
    for (const RecordReply recorded : reply.records) {
      ++(recorded == RecordReply::kRecorded ? counters.results_recorded : counters.results_refused);
    }
    for (const ClaimReply& claimed : reply.claims) counters.events_claimed += claimed.events.size();
  }
  if (work.record_done.empty() && work.accept_done.empty() && work.receive_done.empty() && work.claim_done.empty()) {
    return;
  }
  post([work = std::move(work), accepts = std::move(batch.accepts), receives = std::move(batch.receives),
        reply = std::move(reply)]() mutable {
    for (std::size_t i = 0; i < work.record_done.size(); ++i) {
      if (work.record_done[i]) work.record_done[i](reply.records[i]);
    }
    for (std::size_t i = 0; i < work.accept_done.size(); ++i) {
      if (work.accept_done[i]) work.accept_done[i](std::move(reply.accepts[i]), std::move(accepts[i]));
    }
    for (std::size_t i = 0; i < work.receive_done.size(); ++i) {
      if (work.receive_done[i]) work.receive_done[i](std::move(reply.receives[i]), std::move(receives[i]));
    }
    for (std::size_t i = 0; i < work.claim_done.size(); ++i) {
      if (work.claim_done[i]) work.claim_done[i](std::move(reply.claims[i]));
    }
  });
}

/// The store failed: who waits for an answer hears of it, what must not be forgotten is kept for the next try.
void GroupCommit::State::fail_all(WaitingWork work, const Error& error) {
  pause = pause == Milliseconds{0} ? options.retry_pause : std::min(pause * 2, options.retry_pause_max);
  if (healthy.exchange(false)) log::error("store_failed", {{"code", error.code}, {"message", error.message}});
  WaitingWork kept;
  move_records(work, kept, work.records.size());
  move_releases(work, kept, work.releases.size());
  move_all(backlog, kept);  // behind what is older
  backlog = std::move(kept);
  if (work.empty()) return;
  post([work = std::move(work), error]() mutable { refuse_waiting(work, error); });
}

/// One item that the store will never take.
void GroupCommit::State::refuse_single(WaitingWork work, const Error& error) {
  if (!work.records.empty() || !work.releases.empty()) {
    const std::string& token =
        work.records.empty() ? work.releases.front().lease_token : work.records.front().lease_token;
    const std::int64_t sequence = work.records.empty() ? work.releases.front().sequence : work.records.front().sequence;
    log::error("store_record_refused",
               {{"sequence", sequence}, {"leaseToken", token}, {"code", error.code}, {"message", error.message}});
  }
  post([work = std::move(work), error]() mutable {
    for (auto& done : work.record_done) {
      if (done) done(RecordReply::kLeaseLost);
    }
    refuse_waiting(work, error);
  });
}

/// The process ends and the store is gone: the results are lost with it, their leases end and the events go out again.
void GroupCommit::State::give_up() {
  log::error("store_given_up", {{"results", backlog.records.size()}, {"releases", backlog.releases.size()}});
  backlog = WaitingWork();
}

/// Call with the mutex held.
bool GroupCommit::State::is_stuck() const {
  return at_work_since && std::chrono::steady_clock::now() - *at_work_since > options.longest_wait;
}

/// Calls that the stuck writer has not seen: nothing of them is stored, or will be. Call with the mutex held.
void GroupCommit::State::take_unseen_calls(WaitingWork& to) {
  if (healthy.exchange(false)) log::error("store_stuck", {{"longerThanMs", options.longest_wait.count()}});
  move_accepts(handed_over, to, handed_over.accepts.size());
  move_receives(handed_over, to, handed_over.receives.size());
  calls_waiting -= to.calls();
}

void GroupCommit::State::refuse_busy(WaitingWork refused) {
  if (refused.empty()) return;
  post([work = std::move(refused)]() mutable {
    refuse_waiting(work, {"store_busy", "more is being handed over than the store takes; try again in a moment"});
  });
}

GroupCommit::GroupCommit(std::unique_ptr<Store> writer, Post post, Options options)
    : state_(std::make_shared<State>(std::move(writer), std::move(post), options)) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
  pthread_setname_np(state_->thread.native_handle(), "store writer");
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->news.notify_one();
  state_->thread.join();
}

void GroupCommit::accept(AcceptCall call, AcceptDone done) {
  state_->hand_over_call([&](WaitingWork& work) {
    work.accepts.push_back(std::move(call));
    work.accept_done.push_back(std::move(done));
  });
}

void GroupCommit::receive(ReceiveCall call, ReceiveDone done) {
  state_->hand_over_call([&](WaitingWork& work) {
    work.receives.push_back(std::move(call));
    work.receive_done.push_back(std::move(done));
  });
}

void GroupCommit::record(AttemptRecord record, RecordDone done) {
  state_->hand_over([&] {
    state_->handed_over.records.push_back(std::move(record));
    state_->handed_over.record_done.push_back(std::move(done));
  });
}

void GroupCommit::claim(ClaimRequest request, ClaimDone done) {
  state_->hand_over([&] {
    state_->handed_over.claims.push_back(std::move(request));
    state_->handed_over.claim_done.push_back(std::move(done));
  });
}

void GroupCommit::release(Release release) {
  state_->hand_over([&] { state_->handed_over.releases.push_back(std::move(release)); });
}

void GroupCommit::run(Task task) {
  state_->hand_over([&] { state_->tasks.push_back(std::move(task)); });
}

void GroupCommit::refuse_if_stuck() {
  WaitingWork refused;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->is_stuck()) state_->take_unseen_calls(refused);
  }
  state_->refuse_busy(std::move(refused));
}

CommitCounters GroupCommit::counters() const {
  const std::lock_guard lock(state_->mutex);
  CommitCounters counters = state_->counters;
  counters.calls_waiting = state_->calls_waiting;
  return counters;
}

bool GroupCommit::healthy() const {
  return state_->healthy;
}

}  // namespace yizhan::store

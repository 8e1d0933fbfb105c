#include "store/commit_thread.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "base/log.h"

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

CommitThread::CommitThread(std::unique_ptr<Store> writer, Post post, GroupCommit::Options options,
                           const char* thread_name)
    : store_(std::move(writer)), post_(std::move(post)), options_(options) {
  thread_ = std::thread([this] { go(); });
  pthread_setname_np(thread_.native_handle(), thread_name);
}

CommitThread::~CommitThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  news_.notify_one();
  thread_.join();
}

void CommitThread::refuse_if_stuck() {
  WaitingWork refused;
  {
    const std::lock_guard lock(mutex_);
    if (is_stuck()) take_unseen_calls(refused);
  }
  refuse_busy(std::move(refused));
}

CommitCounters CommitThread::counters() const {
  const std::lock_guard lock(mutex_);
  CommitCounters counters = counters_;
  counters.calls_waiting = calls_waiting_;
  return counters;
}

void CommitThread::go() {
  int tries_left = kTriesAtTheEnd;
  for (;;) {
    std::vector<GroupCommit::Task> due_tasks;
    const bool going_on = take_over(due_tasks);
    for (GroupCommit::Task& task : due_tasks) task(*store_);
    // A store that failed is tried even when nobody has anything for it: callers stay away until it is healthy again.
    if (!backlog_.empty() || !healthy_) commit(take_batch(backlog_, options_));
    store_->tidy();
    if (going_on) continue;

    const bool done = [&] {
      const std::lock_guard lock(mutex_);
      return backlog_.empty() && handed_over_.empty() && tasks_.empty();
    }();
    if (done) return;
    if (!healthy_ && --tries_left == 0) return give_up();
  }
}

/// Waits for work and takes it over. False when there will be no more.
bool CommitThread::take_over(std::vector<GroupCommit::Task>& due_tasks) {
  std::unique_lock lock(mutex_);
  at_work_since_.reset();
  if (pause_ != Milliseconds{0}) {
    // The store is failing: the next try is made after a pause, with what has come in meanwhile.
    news_.wait_for(lock, pause_, [&] { return !tasks_.empty(); });
  } else if (backlog_.empty()) {
    news_.wait(lock, [&] { return stopping_ || !tasks_.empty() || !handed_over_.empty(); });
  }
  due_tasks.swap(tasks_);
  move_all(handed_over_, backlog_);
  at_work_since_ = std::chrono::steady_clock::now();
  return !stopping_;
}

void CommitThread::commit(WaitingWork work) {
  {
    const std::lock_guard lock(mutex_);
    calls_waiting_ -= work.calls();
    at_work_since_ = std::chrono::steady_clock::now();
  }
  WriteBatch batch{.records = std::move(work.records),
                   .accepts = std::move(work.accepts),
                   .receives = std::move(work.receives),
                   .releases = std::move(work.releases),
                   .claims = std::move(work.claims),
                   .now = utc_now()};
  const std::size_t items = items_of(batch);
  const auto begun = std::chrono::steady_clock::now();
  auto reply = store_->write(batch);
  const auto took = std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - begun);
  if (reply) {
    pause_ = Milliseconds{0};
    const std::lock_guard lock(mutex_);
    at_work_since_.reset();
    if (!healthy_.exchange(true)) log::info("store_recovered");
    ++counters_.commits;
    counters_.commit_durations.add(took);
    counters_.commit_items.add(static_cast<double>(items));
  } else {
    const std::lock_guard lock(mutex_);
    ++counters_.failed_commits;
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
    const std::lock_guard lock(mutex_);
    calls_waiting_ += work.calls();  // the halves take them off again
  }
  WaitingWork half = split(work);
  commit(std::move(half));
  commit(std::move(work));
}

void CommitThread::complete(WaitingWork work, WriteBatch batch, WriteReply reply) {
  {
    const std::lock_guard lock(mutex_);
    const auto count_new = [this](const std::vector<Accepted>& events) {
      counters_.events_accepted += static_cast<std::uint64_t>(
          std::ranges::count_if(events, [](const Accepted& event) { return !event.duplicate; }));
    };
    for (const auto& accepted : reply.accepts) {
      if (accepted) count_new(*accepted);
    }
    for (const auto& received : reply.receives) {
      if (!received) continue;
      ++counters_.callbacks_received;
      count_new(received->effect_events);
      count_new(received->events);
    }
    for (const RecordReply recorded : reply.records) {
      ++(recorded == RecordReply::kRecorded ? counters_.results_recorded : counters_.results_refused);
    }
    for (const ClaimReply& claimed : reply.claims) counters_.events_claimed += claimed.events.size();
  }
  if (work.record_done.empty() && work.accept_done.empty() && work.receive_done.empty() && work.claim_done.empty()) {
    return;
  }
  post_([work = std::move(work), accepts = std::move(batch.accepts), receives = std::move(batch.receives),
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
void CommitThread::fail_all(WaitingWork work, const Error& error) {
  pause_ = pause_ == Milliseconds{0} ? options_.retry_pause : std::min(pause_ * 2, options_.retry_pause_max);
  if (healthy_.exchange(false)) log::error("store_failed", {{"code", error.code}, {"message", error.message}});
  WaitingWork kept;
  move_records(work, kept, work.records.size());
  move_releases(work, kept, work.releases.size());
  move_all(backlog_, kept);  // behind what is older
  backlog_ = std::move(kept);
  if (work.empty()) return;
  post_([work = std::move(work), error]() mutable { refuse_waiting(work, error); });
}

/// One item that the store will never take.
void CommitThread::refuse_single(WaitingWork work, const Error& error) {
  if (!work.records.empty() || !work.releases.empty()) {
    const std::string& token =
        work.records.empty() ? work.releases.front().lease_token : work.records.front().lease_token;
    const std::int64_t sequence = work.records.empty() ? work.releases.front().sequence : work.records.front().sequence;
    log::error("store_record_refused",
               {{"sequence", sequence}, {"leaseToken", token}, {"code", error.code}, {"message", error.message}});
  }
  post_([work = std::move(work), error]() mutable {
    for (auto& done : work.record_done) {
      if (done) done(RecordReply::kLeaseLost);
    }
    refuse_waiting(work, error);
  });
}

/// The process ends and the store is gone: the results are lost with it, their leases end and the events go out again.
void CommitThread::give_up() {
  log::error("store_given_up", {{"results", backlog_.records.size()}, {"releases", backlog_.releases.size()}});
  backlog_ = WaitingWork();
}

/// Call with the mutex held.
bool CommitThread::is_stuck() const {
  return at_work_since_ && std::chrono::steady_clock::now() - *at_work_since_ > options_.longest_wait;
}

/// Calls that the stuck writer has not seen: nothing of them is stored, or will be. Call with the mutex held.
void CommitThread::take_unseen_calls(WaitingWork& to) {
  if (healthy_.exchange(false)) log::error("store_stuck", {{"longerThanMs", options_.longest_wait.count()}});
  move_accepts(handed_over_, to, handed_over_.accepts.size());
  move_receives(handed_over_, to, handed_over_.receives.size());
  calls_waiting_ -= to.calls();
}

void CommitThread::refuse_busy(WaitingWork refused) {
  if (refused.empty()) return;
  post_([work = std::move(refused)]() mutable {
    refuse_waiting(work, {"store_busy", "more is being handed over than the store takes; try again in a moment"});
  });
}

}  // namespace yizhan::store

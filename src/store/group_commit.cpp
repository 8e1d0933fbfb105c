#include "store/group_commit.h"

#include <utility>

#include "store/commit_thread.h"

namespace yizhan::store {

GroupCommit::GroupCommit(std::unique_ptr<Store> writer, Post post, Options options,
                         std::unique_ptr<Store> results_writer) {
  if (results_writer) {
    results_ = std::make_unique<CommitThread>(std::move(results_writer), post, options, "store results");
  }
  calls_ = std::make_unique<CommitThread>(std::move(writer), std::move(post), options, "store writer");
}

GroupCommit::~GroupCommit() = default;

void GroupCommit::accept(AcceptCall call, AcceptDone done) {
  calls_->hand_over_call([&](WaitingWork& work) {
    work.accepts.push_back(std::move(call));
    work.accept_done.push_back(std::move(done));
  });
}

void GroupCommit::receive(ReceiveCall call, ReceiveDone done) {
  calls_->hand_over_call([&](WaitingWork& work) {
    work.receives.push_back(std::move(call));
    work.receive_done.push_back(std::move(done));
  });
}

void GroupCommit::record(AttemptRecord record, RecordDone done) {
  results().hand_over([&](WaitingWork& work) {
    work.records.push_back(std::move(record));
    work.record_done.push_back(std::move(done));
  });
}

void GroupCommit::claim(ClaimRequest request, ClaimDone done) {
  results().hand_over([&](WaitingWork& work) {
    work.claims.push_back(std::move(request));
    work.claim_done.push_back(std::move(done));
  });
}

void GroupCommit::release(Release release) {
  results().hand_over([&](WaitingWork& work) { work.releases.push_back(std::move(release)); });
}

void GroupCommit::run(Task task) {
  calls_->run(std::move(task));
}

void GroupCommit::refuse_if_stuck() {
  calls_->refuse_if_stuck();
  if (results_) results_->refuse_if_stuck();
}

CommitCounters GroupCommit::counters() const {
  CommitCounters counters = calls_->counters();
  if (results_) counters += results_->counters();
  return counters;
}

bool GroupCommit::healthy() const {
  return calls_->healthy() && (!results_ || results_->healthy());
}

CommitCounters& CommitCounters::operator+=(const CommitCounters& other) {
  commits += other.commits;
  failed_commits += other.failed_commits;
  events_accepted += other.events_accepted;
  callbacks_received += other.callbacks_received;
  results_recorded += other.results_recorded;
  results_refused += other.results_refused;
  events_claimed += other.events_claimed;
  calls_waiting += other.calls_waiting;
  commit_durations += other.commit_durations;
  commit_items += other.commit_items;
  return *this;
}

}  // namespace yizhan::store

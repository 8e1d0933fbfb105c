// Group commit on an embedded store whose disk fails when told to, and the thread that its completions belong to.
#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "faulty_disk.h"
#include "sqlite_fixture.h"
#include "store/group_commit.h"

namespace yizhan::store {

/// The thread that completions belong to: here the test's own, when it waits.
class Executor {
 public:
  Post post() {
    return [this](std::move_only_function<void()> function) {
      {
        const std::lock_guard lock(mutex_);
        functions_.push_back(std::move(function));
        ++posts_;
      }
      news_.notify_one();
    };
  }

  /// Runs completions until `done` is true.
  template <class Done>
  void run_until(Done done) {
    while (!done()) {
      std::unique_lock lock(mutex_);
      ASSERT_TRUE(news_.wait_for(lock, Seconds{20}, [&] { return !functions_.empty(); })) << "no completion came";
      auto function = std::move(functions_.front());
      functions_.pop_front();
      lock.unlock();
      function();
    }
  }
  void run_what_is_there() {
    for (;;) {
      std::unique_lock lock(mutex_);
      if (functions_.empty()) return;
      auto function = std::move(functions_.front());
      functions_.pop_front();
      lock.unlock();
      function();
    }
  }

  int posts() {
    const std::lock_guard lock(mutex_);
    return posts_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::move_only_function<void()>> functions_;
  int posts_ = 0;
};

class GroupCommitTest : public SqliteFixture {
 protected:
  void SetUp() override {
    now_ = utc_now();
    open();
  }
  void TearDown() override {
    commit_.reset();
    store_.reset();
    factory_.reset();
  }

  void start(GroupCommit::Options options = {.retry_pause = Milliseconds{1}, .retry_pause_max = Milliseconds{4}}) {
    commit_ = std::make_unique<GroupCommit>(std::move(store_), executor_.post(), options);
  }

  AcceptCall call_of(NewEvent event) {
    AcceptCall call;
    call.events.push_back(std::move(event));
    return call;
  }

  /// Holds the writer's thread until the future is set, so that what is handed over meanwhile goes into one
  /// transaction.
  std::promise<void> hold_writer() {
    std::promise<void> release;
    std::promise<void> held;
    commit_->run([&held, gate = release.get_future().share()](Store&) {
      held.set_value();
      gate.wait();
    });
    held.get_future().wait();
    return release;
  }

  /// Accepts one event and waits for the answer.
  Result<std::vector<Accepted>> accept_and_wait(AcceptCall call) {
    std::optional<Result<std::vector<Accepted>>> answer;
    commit_->accept(std::move(call), [&](auto result, const AcceptCall&) { answer = std::move(result); });
    executor_.run_until([&] { return answer.has_value(); });
    return answer ? std::move(*answer) : Result<std::vector<Accepted>>(fail("none", ""));
  }

  AttemptRecord delivered(std::int64_t sequence, std::string lease_token) {
    AttemptRecord record;
    record.sequence = sequence;
    record.lease_token = std::move(lease_token);
    record.outcome.response_status = 200;
    record.outcome.started_at = now_;
    record.recorded_at = now_;
    return record;
  }

  FaultyDisk disk_;
  Executor executor_;
  std::unique_ptr<GroupCommit> commit_;
};

}  // namespace yizhan::store

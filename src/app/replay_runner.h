// Works on replay jobs (store/replay_jobs.h): releases their events bit by bit, as the endpoints bear it.
//
//   look (reading thread) ─▶ which events next (reading thread, by the page) ─▶ how many now: domain/replay_pace.h
//     ─▶ one transaction (writer): what has ended, what is released, where each job stands ─▶ the dispatcher looks
//
// Any node that dispatches works on any job; a lease keeps two from working on the same one. Runs on the I/O thread; a
// pass never overlaps another (app/step_loop.h).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/replay_counters.h"
#include "base/step.h"
#include "dispatch/dispatcher.h"
#include "dispatch/lane.h"
#include "domain/replay_pace.h"
#include "store/group_commit.h"
#include "store/replay_jobs.h"

namespace yizhan::app {

class ReplayRunner {
 public:
  struct Parts {
    http::asio::io_context& io;
    store::GroupCommit& commits;
    store::ReadThread& reads;    ///< for what is looked at in each pass
    store::ReadThread& reports;  ///< for pages of selections, which may take long
    dispatch::Lane& lane;
    dispatch::Dispatcher& dispatcher;
  };
  /// All parts outlive it, and the passes that it has begun.
  explicit ReplayRunner(Parts parts);

  /// One pass; for a StepLoop.
  void pass(std::move_only_function<void(StepResult)> done);

  /// Leaves its jobs to whoever comes next. After the last pass; done when the writer comes to its end.
  void leave();

  const api::ReplayCounters& counters() const { return counters_; }

 private:
  using Done = std::move_only_function<void(StepResult)>;

  /// A job that this runner has in hand.
  struct Work {
    explicit Work(const store::ReplayJob& job)
        : pace(job.request.rate), position(job.position), next(job.position), read_to_the_end(job.exhausted) {}

    ReplayPace pace;
    std::int64_t position;  ///< where this runner left the job; elsewhere, another one was at it
    SteadyTime advanced_at{};
    std::int64_t delivered_before = 0;  ///< the platform's counters then
    std::int64_t failed_before = 0;
    std::deque<store::EventView> waiting;  ///< read and not released, oldest first
    std::int64_t next;                     ///< Page::after of the page that follows
    bool read_to_the_end;
  };
  struct Pass;

  void looked(const std::shared_ptr<Pass>& pass, Result<store::ReplayLook> look);
  void read_next_page(const std::shared_ptr<Pass>& pass);
  void plan(const std::shared_ptr<Pass>& pass);
  store::ReplayStep plan_step(const store::ReplayJob& job, Work& work, std::map<std::int64_t, int>& open);
  void advance_pace(const store::ReplayJob& job, Work& work, bool well);
  ReplayEndpoint endpoint_of(const dispatch::Route& route, int outstanding) const;
  void write(const std::shared_ptr<Pass>& pass);
  void written(const std::shared_ptr<Pass>& pass, Result<store::ReplayPassed> passed);
  void fail_pass(const std::shared_ptr<Pass>& pass, const Error& error);

  Parts parts_;
  std::string lease_token_;
  std::map<std::int64_t, Work> works_;  ///< by job
  api::ReplayCounters counters_;
};

}  // namespace yizhan::app

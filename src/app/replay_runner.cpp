#include "app/replay_runner.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

namespace yizhan::app {
namespace {

/// Between two passes while a job has something to release: half of an endpoint's cap goes out in each at most.
constexpr Milliseconds kPassInterval{20};
/// After a pass that could release nothing: the endpoint is busy, not well, or the pace is slow.
constexpr Milliseconds kBusyInterval{50};
/// While everything is released and some has not ended.
constexpr Milliseconds kWaitInterval{250};
/// After a pass that the store refused.
constexpr Milliseconds kStorePause{1000};
/// A runner that died is replaced after this.
constexpr Milliseconds kLease{10'000};
/// Events read at once.
constexpr int kPageRows = 500;

}  // namespace

/// What one pass has found and means to do.
struct ReplayRunner::Pass {
  Done done;
  store::ReplayLook look;
  std::vector<store::ReplayStep> steps;
  std::vector<std::int64_t> to_read;  ///< jobs of which a page is wanted
};

ReplayRunner::ReplayRunner(Parts parts) : parts_(parts), lease_token_(random_hex(16)) {}

void ReplayRunner::pass(Done done) {
  auto pass = std::make_shared<Pass>();
  pass->done = std::move(done);
  const bool taken = parts_.reads.run([this, pass](store::Store& store) {
    http::asio::post(parts_.io, [this, pass, look = store::look_at_replays(store, lease_token_)]() mutable {
      looked(pass, std::move(look));
    });
  });
  if (!taken) fail_pass(pass, {"store_busy", "too many look-ups wait"});
}

void ReplayRunner::looked(const std::shared_ptr<Pass>& pass, Result<store::ReplayLook> look) {
  if (!look) return fail_pass(pass, look.error());
  pass->look = std::move(*look);
  counters_.jobs = pass->look.states;
  std::map<std::int64_t, Work> kept;
  for (const store::ReplayJob& job : pass->look.running) {
    if (job.held_by_other) continue;
    const auto known = works_.find(job.id);
    const bool goes_on = known != works_.end() && known->second.position == job.position;
    const Work& work = kept.emplace(job.id, goes_on ? std::move(known->second) : Work(job)).first->second;
    if (work.waiting.empty() && !work.read_to_the_end) pass->to_read.push_back(job.id);
  }
  works_ = std::move(kept);
  read_next_page(pass);
}

void ReplayRunner::read_next_page(const std::shared_ptr<Pass>& pass) {
  if (pass->to_read.empty()) return plan(pass);
  const std::int64_t id = pass->to_read.back();
  pass->to_read.pop_back();
  const auto job = std::ranges::find(pass->look.running, id, &store::ReplayJob::id);
  const store::Page page{.limit = kPageRows, .after = works_.at(id).next, .oldest_first = true};
  const bool taken =
      parts_.reports.run([this, pass, id, page, selection = job->request.selection](store::Store& store) {
        http::asio::post(parts_.io, [this, pass, id, rows = store.list_events(selection, page)]() mutable {
          if (!rows) return fail_pass(pass, rows.error());
          Work& work = works_.at(id);
          work.next = rows->next;
          work.read_to_the_end = rows->next == 0;
          work.waiting.assign(std::make_move_iterator(rows->rows.begin()), std::make_move_iterator(rows->rows.end()));
          read_next_page(pass);
        });
      });
  if (!taken) fail_pass(pass, {"store_busy", "too many look-ups wait"});
}

// ---- deciding
// ----------------------------------------------------------------------------------------------------------

ReplayEndpoint ReplayRunner::endpoint_of(const dispatch::Route& route, int outstanding) const {
  ReplayEndpoint seen;
  seen.in_flight_cap = route.platform->policy.in_flight_cap;
  seen.outstanding = outstanding;
  const auto known = parts_.dispatcher.endpoints().find(route.endpoint_key);
  if (known == parts_.dispatcher.endpoints().end()) return seen;
  const dispatch::Endpoint& endpoint = *known->second;
  const SteadyTime now = steady_now();
  seen.well = !endpoint.disabled && endpoint.breaker.state(now) == Breaker::State::kClosed &&
              !endpoint.breaker.next_chance(now);
  seen.busy = endpoint.breaker.in_flight() + static_cast<int>(endpoint.queue.size());
  return seen;
}

void ReplayRunner::advance_pace(const store::ReplayJob& job, Work& work, bool well) {
  const SteadyTime now = steady_now();
  std::int64_t delivered = 0;
  std::int64_t failed = 0;
  const auto& counters = parts_.dispatcher.counters();
  if (const auto platform = counters.find(job.request.selection.platform); platform != counters.end()) {
    const auto& by_class = platform->second.attempts_by_class;
    delivered = static_cast<std::int64_t>(by_class[static_cast<std::size_t>(ErrorClass::kNone)]);
    for (const std::uint64_t attempts : by_class) failed += static_cast<std::int64_t>(attempts);
    failed -= delivered;
  }
  if (work.advanced_at != SteadyTime{}) {
    work.pace.advance(std::chrono::duration_cast<Microseconds>(now - work.advanced_at),
                      delivered - work.delivered_before, failed - work.failed_before, well);
  }
  work.advanced_at = now;
  work.delivered_before = delivered;
  work.failed_before = failed;
}

store::ReplayStep ReplayRunner::plan_step(const store::ReplayJob& job, Work& work, std::map<std::int64_t, int>& open) {
  store::ReplayStep step;
  step.job_id = job.id;
  step.statuses = job.request.selection.statuses;
  step.new_target = job.request.new_target;
  step.secret = job.request.secret;
  step.position = job.position;
  step.new_position = job.position;
  bool advanced = false;
  int taken = 0;
  for (const store::EventView& event : work.waiting) {
    const std::string& target = step.new_target.empty() ? event.event.callback_target : step.new_target;
    const auto route = parts_.lane.route(event.event.platform, target);
    if (!route && (route.error().code != "callback_target_invalid" || !step.new_target.empty())) {
      step.last_error = route.error().message;
      step.failed = route.error().code != "platform_disabled";  // that may be enabled again
      break;
    }
    if (route && step.secret == SigningSecret::kPrevious && !(*route)->platform->previous_signer) {
      step.last_error = "the platform has no previous secret any more";
      step.failed = true;
      break;
    }
    if (route) {
      int& outstanding = open[(*route)->endpoint_key];
      const ReplayEndpoint endpoint = endpoint_of(**route, outstanding);
      if (!std::exchange(advanced, true)) advance_pace(job, work, endpoint.well);
      if (!endpoint.well) step.last_error = "the endpoint is not well; what was released waits for it";
      if (work.pace.allowed() <= taken || replay_room(endpoint) == 0) break;
      ++outstanding;
      ++taken;
      step.picks.push_back({event.event.id, event.sequence, (*route)->endpoint_key});
    } else {
      ++step.passed_over;  // its address cannot be used, and would not get better by being tried
    }
    step.new_position = event.sequence;
  }
  work.pace.take(taken);
  const auto handled = static_cast<std::int64_t>(step.picks.size()) + step.passed_over;
  step.exhausted = work.read_to_the_end && handled == std::ssize(work.waiting);
  step.pace = static_cast<std::int64_t>(work.pace.per_second());
  return step;
}

void ReplayRunner::plan(const std::shared_ptr<Pass>& pass) {
  bool more = false;
  for (const store::ReplayJob& job : pass->look.running) {
    const auto work = works_.find(job.id);
    if (work == works_.end() || (job.exhausted && work->second.waiting.empty())) continue;
    more = true;
    store::ReplayStep step = plan_step(job, work->second, pass->look.open);
    const bool changes = !step.picks.empty() || step.passed_over > 0 || step.exhausted || step.failed;
    if (changes || step.last_error != job.last_error) pass->steps.push_back(std::move(step));
  }
  if (!pass->steps.empty() || !pass->look.open.empty()) return write(pass);
  StepResult result;
  if (more) result.next_at = utc_now() + kBusyInterval;
  pass->done(result);
}

// ---- doing
// -------------------------------------------------------------------------------------------------------------

void ReplayRunner::write(const std::shared_ptr<Pass>& pass) {
  parts_.commits.run([this, pass](store::Store& store) {
    auto passed = store::pass_replays(store, pass->steps, lease_token_, kLease, utc_now());
    http::asio::post(parts_.io,
                     [this, pass, passed = std::move(passed)]() mutable { written(pass, std::move(passed)); });
  });
}

void ReplayRunner::written(const std::shared_ptr<Pass>& pass, Result<store::ReplayPassed> passed) {
  if (!passed) return fail_pass(pass, passed.error());
  counters_.released += passed->released;
  counters_.delivered += passed->delivered;
  counters_.dead += passed->dead;
  counters_.ended += passed->ended;
  for (const store::ReplayStep& step : pass->steps) {
    const auto work = works_.find(step.job_id);
    if (work == works_.end()) continue;
    auto& waiting = work->second.waiting;
    const auto handled = static_cast<std::ptrdiff_t>(step.picks.size()) + step.passed_over;
    waiting.erase(waiting.begin(), waiting.begin() + handled);
    work->second.position = step.new_position;
    if (step.failed) log::warning("replay_failed", {{"replay", step.job_id}, {"reason", step.last_error}});
  }
  for (const std::int64_t lost : passed->lost) works_.erase(lost);
  if (passed->released > 0) parts_.dispatcher.news(store::kUnrouted);
  const bool releasing = std::ranges::any_of(
      works_, [](const auto& work) { return !work.second.read_to_the_end || !work.second.waiting.empty(); });
  StepResult result;
  const Milliseconds pause = !releasing ? kWaitInterval : passed->released > 0 ? kPassInterval : kBusyInterval;
  if (releasing || !pass->look.open.empty()) result.next_at = utc_now() + pause;
  pass->done(result);
}

void ReplayRunner::leave() {
  if (works_.empty()) return;
  parts_.commits.run([lease_token = lease_token_](store::Store& store) {
    // Where it fails, the leases end by themselves.
    if (const auto left = store::leave_replays(store, lease_token); !left) {
      log::warning("replay_delayed", {{"code", left.error().code}, {"reason", left.error().message}});
    }
  });
}

void ReplayRunner::fail_pass(const std::shared_ptr<Pass>& pass, const Error& error) {
  log::warning("replay_delayed", {{"code", error.code}, {"reason", error.message}});
  works_.clear();  // where the jobs stand is read again
  pass->done({.more = false, .next_at = utc_now() + kStorePause});
}

}  // namespace yizhan::app

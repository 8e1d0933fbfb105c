#include "notify/notify_step.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/log.h"
#include "base/random.h"

namespace yizhan::notify {
namespace {

/// Pause after the store refused; it says itself when it is well again, and to whom (GroupCommit).
constexpr Seconds kStorePause{1};
/// A fault that somebody has to mend is said this often, however many rows it stops.
constexpr Seconds kAlarmInterval{60};
constexpr std::size_t kLeaseTokenBytes = 16;

/// What one pass has in hand.
struct Pass {
  std::move_only_function<void(StepResult)> done;
  store::NotifyClaim claim;
  bool full = false;
};
using PassPtr = std::shared_ptr<Pass>;

/// What somebody has to mend, of one code.
struct Fault {
  std::string_view message;  ///< of one of the rows
  std::int64_t rows = 0;
};
struct Alarm {
  std::int64_t unsaid_rows = 0;
  std::optional<SteadyTime> said_at;
};

}  // namespace

struct NotifyStep::State : std::enable_shared_from_this<NotifyStep::State> {
  State(http::asio::io_context& io_context, store::GroupCommit& group_commit, RecipientFinder& finder,
        const Templates& texts, NotifyOptions all)
      : io(io_context), commits(group_commit), recipients(finder), templates(texts), options(std::move(all)) {}

  /// Runs `work` on the writer's thread and `then` with what it answers here, unless the step is gone by then.
  template <class Work, class Then>
  void on_writer(Work work, Then then) {
    commits.run([this_io = &io, self = weak_from_this(), work = std::move(work),
                 then = std::move(then)](store::Store& store) mutable {
      http::asio::post(*this_io, [self = std::move(self), answer = work(store), then = std::move(then)]() mutable {
        if (const auto alive = self.lock()) then(*alive, std::move(answer));
      });
    });
  }

  void run(std::move_only_function<void(StepResult)> done) {
    auto pass = std::make_shared<Pass>();
    pass->done = std::move(done);
    // What the store refused the last time comes first: its leases may still stand.
    if (!unrecorded.empty()) return record(pass);
    claim(pass);
  }

  // ---- claim → find → render → record

  void claim(const PassPtr& pass) {
    on_writer([limit = options.batch_size, token = random_hex(kLeaseTokenBytes), lease = options.lease](
                  store::Store& store) { return store.claim_notify(limit, token, lease, utc_now()); },
              [pass](State& state, Result<store::NotifyClaim> claimed) {
                if (!claimed) return state.store_refused(pass, "notify_claim_refused", claimed.error());
                pass->claim = std::move(*claimed);
                pass->full = pass->claim.tasks.size() >= static_cast<std::size_t>(state.options.batch_size);
                if (pass->claim.tasks.empty()) return state.finish(pass);
                state.find(pass);
              });
  }

  void find(const PassPtr& pass) {
    recipients.find(pass->claim.tasks, [self = weak_from_this(), pass](std::vector<Found> answers) {
      if (const auto alive = self.lock()) alive->render(pass, std::move(answers));
    });
  }

  void render(const PassPtr& pass, std::vector<Found> answers) {
    const UtcTime now = utc_now();
    std::map<std::string_view, Fault> faults;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      unrecorded.push_back(result_of(pass->claim.tasks[i], answers[i], now));
      if (answers[i] || answers[i].error().kind != NoRecipients::Kind::kFail) continue;
      Fault& fault = faults[answers[i].error().code];
      fault.message = answers[i].error().message;
      ++fault.rows;
    }
    for (const auto& [code, fault] : faults) raise(code, fault);
    record(pass);
  }

  store::NotifyResult result_of(const store::NotifyTask& task, const Found& found, UtcTime now) const {
    store::NotifyResult result;
    result.id = task.id;
    result.lease_token = task.lease_token;
    if (!found) {
      result.last_error = found.error().text();
      switch (found.error().kind) {
        case NoRecipients::Kind::kSkip:
          result.status = store::NotifyStatus::kSkipped;
          break;
        case NoRecipients::Kind::kFail:
          result.status = store::NotifyStatus::kFailed;
          break;
        case NoRecipients::Kind::kPutOff:
          result.status = store::NotifyStatus::kPutOff;
          result.retry_at = now + pause_after(task.attempt_count);
          break;
      }
      return result;
    }
    const std::pair<store::Audience, const std::string&> all[] = {{store::Audience::kUser, found->user_id},
                                                                  {store::Audience::kMerchant, found->merchant_id}};
    for (const auto& [audience, recipient] : all) {
      if (recipient.empty()) continue;
      if (auto made = templates.render(task, audience, recipient)) result.notifications.push_back(std::move(*made));
    }
    if (result.notifications.empty()) {
      result.status = store::NotifyStatus::kSkipped;
      result.last_error = NoRecipients{NoRecipients::Kind::kSkip, "state_silent",
                                       "The templates tell nobody of the state " + task.step.status_code + "."}
                              .text();
    }
    return result;
  }

  Seconds pause_after(int attempts) const {
    if (options.retry_schedule.empty()) return kStorePause;
    const auto last = options.retry_schedule.size() - 1;
    return options.retry_schedule[std::min(static_cast<std::size_t>(std::max(attempts, 0)), last)];
  }

  void record(const PassPtr& pass) {
    // Copied, so that they are still here when the store refuses.
    on_writer([results = unrecorded](store::Store& store) { return store.record_notify(results, utc_now()); },
              [pass](State& state, Result<int> recorded) {
                if (!recorded) return state.store_refused(pass, "notify_record_refused", recorded.error());
                state.recorded(pass, *recorded);
              });
  }

  void recorded(const PassPtr& pass, int count) {
    std::optional<UtcTime> retry_at;
    for (const store::NotifyResult& result : unrecorded) {
      count_one(result);
      if (result.status != store::NotifyStatus::kPutOff) continue;
      retry_at = std::min(retry_at.value_or(result.retry_at), result.retry_at);
    }
    const auto all = static_cast<int>(unrecorded.size());
    if (count < all)
      log::warning("notify_results_refused", {{"count", all - count}, {"reason", "their lease was lost"}});
    unrecorded.clear();
    if (pass->claim.tasks.empty()) return claim(pass);  // these were left from the pass before
    auto& next = pass->claim.next_available_at;
    if (retry_at) next = std::min(next.value_or(*retry_at), *retry_at);
    finish(pass);
  }

  // ---- the end of a pass

  void finish(const PassPtr& pass) const { pass->done({.more = pass->full, .next_at = pass->claim.next_available_at}); }

  static void store_refused(const PassPtr& pass, std::string_view event, const Error& error) {
    log::warning(event, {{"code", error.code}, {"message", error.message}});
    pass->done({.more = false, .next_at = utc_now() + kStorePause});
  }

  // ---- what is said of it

  void count_one(const store::NotifyResult& result) {
    switch (result.status) {
      case store::NotifyStatus::kQueued:
        ++counters.queued;
        break;
      case store::NotifyStatus::kSkipped:
        ++counters.skipped;
        break;
      case store::NotifyStatus::kFailed:
        ++counters.failed;
        break;
      case store::NotifyStatus::kPutOff:
        ++counters.put_off;
        break;
    }
    const bool queued = result.status == store::NotifyStatus::kQueued;
    const log::Level level = queued ? log::Level::kDebug : log::Level::kInfo;
    if (!log::enabled(level)) return;
    const bool put_off = result.status == store::NotifyStatus::kPutOff;
    log::write(level, "notify",
               {{"notifyId", result.id},
                {"status", put_off ? "put_off" : to_string(result.status)},
                {"notifications", result.notifications.size()},
                {"reason", result.last_error}});
  }

  void raise(std::string_view code, const Fault& fault) {
    Alarm& alarm = alarms[std::string(code)];
    alarm.unsaid_rows += fault.rows;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (alarm.said_at && now < *alarm.said_at + kAlarmInterval) return;
    log::error("notify_failed", {{"code", code}, {"message", fault.message}, {"rows", alarm.unsaid_rows}});
    alarm = {.unsaid_rows = 0, .said_at = now};
  }

  http::asio::io_context& io;
  store::GroupCommit& commits;
  RecipientFinder& recipients;
  const Templates& templates;
  NotifyOptions options;
  NotifyCounters counters;
  std::vector<store::NotifyResult> unrecorded;
  std::map<std::string, Alarm> alarms;
};

NotifyStep::NotifyStep(http::asio::io_context& io, store::GroupCommit& commits, RecipientFinder& recipients,
                       const Templates& templates, NotifyOptions options)
    : state_(std::make_shared<State>(io, commits, recipients, templates, std::move(options))) {}

NotifyStep::~NotifyStep() = default;

void NotifyStep::run(std::move_only_function<void(StepResult)> done) {
  state_->run(std::move(done));
}

const NotifyCounters& NotifyStep::counters() const {
  return state_->counters;
}

}  // namespace yizhan::notify

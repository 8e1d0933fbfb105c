#include "app/retention.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "app/archive_files.h"
#include "base/log.h"
#include "base/readable.h"

namespace yizhan::app {
namespace {

constexpr Seconds kLookAtLeast{60};

void tell_of_pass(const store::RetentionPass& pass) {
  const store::RetentionCounters& counters = pass.counters();
  if (pass.removed() > 0) log::info("retention_pass", {{"removed", pass.removed()}});
  const StoreSpace& space = counters.space;
  if (space.used_share() < kSpaceWarning) return;
  log::warning("retention_space",
               {{"usedBytes", space.used_bytes},
                {"quotaBytes", space.quota_bytes},
                {"share", fmt::format("{:.0f} %", space.used_share() * 100)},
                {"daysLeft", space.days_left ? fmt::format("{:.1f}", *space.days_left) : std::string("not known")},
                {"deliveredGoEarly", counters.pressure > 0}});
}

}  // namespace

store::RetentionPlan retention_plan(const config::RetentionSection& section) {
  store::RetentionPlan plan;
  plan.batch_rows = section.batch_size;
  plan.pause = section.pause;
  plan.interval = section.interval;
  plan.quota_bytes = section.disk_quota;
  if (!section.enabled) return plan;  // the passes go on: they watch how much room there is
  const auto keep = [&](RetentionKind kind, int days) { plan.ages[kind] = std::chrono::days{days}; };
  keep(RetentionKind::kEventBodies, section.delivered_bodies_days);
  keep(RetentionKind::kAttempts, section.attempts_days);
  keep(RetentionKind::kDelivered, section.delivered_days);
  keep(RetentionKind::kDiscarded, section.discarded_days);
  keep(RetentionKind::kDeadLetters, section.dead_letter_days);
  keep(RetentionKind::kCallbackBodies, section.callback_bodies_days);
  keep(RetentionKind::kCallbacks, section.callbacks_days);
  keep(RetentionKind::kNotifyQueue, section.notifications_days);
  keep(RetentionKind::kNotifications, section.notifications_days);
  keep(RetentionKind::kTrackingEvents, section.notifications_days);
  return plan;
}

store::KeepLeaving keeping(const config::RetentionSection& section) {
  return section.export_dir.empty() ? store::KeepLeaving{} : archive_into(section.export_dir);
}

std::string readable_space(const StoreSpace& space) {
  std::string text = fmt::format("The store takes {}", readable_bytes(static_cast<std::size_t>(space.used_bytes)));
  if (space.quota_bytes > 0) {
    text += fmt::format(" of {} ({:.0f} %)", readable_bytes(static_cast<std::size_t>(space.quota_bytes)),
                        space.used_share() * 100);
  }
  if (space.days_left) {
    text += fmt::format("; at the growth of the last days it is full in {:.1f} days", *space.days_left);
  }
  return text + ".";
}

/// `pass` belongs to the store's thread while a step runs, and to the io_context thread otherwise.
struct Retention::State : std::enable_shared_from_this<State> {
  State(http::asio::io_context& context, RunWithStore run_with_store, Milliseconds target,
        const config::RetentionSection& section)
      : io(context),
        run(std::move(run_with_store)),
        batch_target(target),
        interval(section.interval),
        pass(plan(section), keeping(section)) {}

  store::RetentionPlan plan(const config::RetentionSection& section) const {
    store::RetentionPlan made = retention_plan(section);
    made.batch_target = batch_target;
    return made;
  }

  void step(std::move_only_function<void(StepResult)> done) {
    if (const auto section = std::exchange(replacement, std::nullopt)) {
      interval = section->interval;
      pass.set_plan(plan(*section), keeping(*section));
    }
    const SteadyTime asked_at = std::chrono::steady_clock::now();
    run([self = shared_from_this(), asked_at, done = std::move(done)](store::Store& store) mutable {
      const SteadyTime began = std::chrono::steady_clock::now();
      auto step = self->pass.step(store, std::chrono::duration_cast<Microseconds>(began - asked_at), utc_now());
      http::asio::post(self->io,
                       [self, step = std::move(step), done = std::move(done)]() mutable { done(self->made(step)); });
    });
  }

  StepResult made(const Result<store::RetentionPass::Step>& step) {
    counters = pass.counters();
    if (!step) {
      if (step.error().code == "retention_elsewhere") {
        log::info("retention_elsewhere", {{"message", step.error().message}});
      } else {
        log::warning("retention_failed", {{"code", step.error().code}, {"message", step.error().message}});
      }
      return {.next_at = utc_now() + interval};
    }
    if (step->finished) tell_of_pass(pass);
    if (!step->in_pass) return {.next_at = step->next_at};
    if (step->pause == Microseconds{0}) return {.more = true};
    return {.next_at = utc_now() + step->pause};
  }

  http::asio::io_context& io;
  RunWithStore run;
  const Milliseconds batch_target;
  Seconds interval;
  store::RetentionPass pass;
  store::RetentionCounters counters;
  std::optional<config::RetentionSection> replacement;
};

Retention::Retention(http::asio::io_context& io, RunWithStore run, Milliseconds batch_target,
                     const config::RetentionSection& section)
    : state_(std::make_shared<State>(io, std::move(run), batch_target, section)),
      loop_(io, [state = state_](auto done) { state->step(std::move(done)); }, kLookAtLeast) {}

Retention::~Retention() = default;

void Retention::start() {
  loop_.start();
}

void Retention::replace(const config::RetentionSection& section) {
  state_->replacement = section;
}

void Retention::stop(std::function<void()> done) {
  loop_.stop(std::move(done));
}

const store::RetentionCounters& Retention::counters() const {
  return state_->counters;
}

}  // namespace yizhan::app

#include "app/ledger_watch.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "alert/ledger_progress.h"
#include "base/log.h"

namespace yizhan::app {
namespace {

constexpr std::chrono::minutes kInterval{1};
constexpr int kPauseTimesCost = 20;

Result<std::vector<LedgerLine>> count(store::Store& store, const std::vector<alert::Span>& spans) {
  std::vector<LedgerLine> wrong;
  for (const alert::Span& span : spans) {
    auto ledger = store.ledger(span.from, span.until, true);
    if (!ledger) return std::unexpected(std::move(ledger.error()));
    std::ranges::copy_if(ledger->lines, std::back_inserter(wrong),
                         [](const LedgerLine& line) { return line.mismatch() != 0; });
  }
  return wrong;
}

}  // namespace

struct LedgerWatch::State : std::enable_shared_from_this<State> {
  State(http::asio::io_context& context, store::ReadThread& reports, std::function<void()> changed)
      : io(context), thread(reports), on_change(std::move(changed)), progress(utc_now()) {}

  void step(std::move_only_function<void(StepResult)> done) {
    const UtcTime now = utc_now();
    const auto spans = progress.due(now);
    if (spans.empty()) return done({.next_at = now + kInterval});
    const auto finish = std::make_shared<std::move_only_function<void(StepResult)>>(std::move(done));
    const bool taken = thread.run([self = shared_from_this(), spans, now, finish](store::Store& store) {
      const SteadyTime began = std::chrono::steady_clock::now();
      auto found = count(store, spans);
      const auto cost = std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - began);
      http::asio::post(self->io, [self, found = std::move(found), now, cost, finish]() mutable {
        if (found) self->take(std::move(*found), now);
        (*finish)({.next_at = utc_now() + std::max<Microseconds>(kInterval, kPauseTimesCost * cost)});
      });
    });
    if (!taken) (*finish)({.next_at = utc_now() + kInterval});
  }

  void take(std::vector<LedgerLine> found, UtcTime now) {
    const bool was_balanced = progress.mismatches().empty();
    progress.counted(std::move(found), now);
    const auto& wrong = progress.mismatches();
    if (was_balanced == wrong.empty()) return;
    if (!wrong.empty()) {
      log::error("ledger_mismatch", {{"platform", wrong.front().platform}, {"mismatch", wrong.front().mismatch()}});
    }
    on_change();
  }

  http::asio::io_context& io;
  store::ReadThread& thread;
  std::function<void()> on_change;
  alert::LedgerProgress progress;
};

LedgerWatch::LedgerWatch(http::asio::io_context& io, store::ReadThread& thread, std::function<void()> on_change)
    : state_(std::make_shared<State>(io, thread, std::move(on_change))),
      loop_(io, [state = state_](auto done) { state->step(std::move(done)); }, std::chrono::hours{1}) {}

LedgerWatch::~LedgerWatch() = default;

const std::vector<LedgerLine>& LedgerWatch::mismatches() const {
  return state_->progress.mismatches();
}

}  // namespace yizhan::app

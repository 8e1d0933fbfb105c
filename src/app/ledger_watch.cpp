#include "app/ledger_watch.h"

#include <algorithm>
#include <map>
#include <utility>

#include "alert/ledger_progress.h"
#include "base/log.h"

namespace yizhan::app {
namespace {

using std::chrono::steady_clock;

/// At 40,000 events a second it just keeps up.
constexpr int kPauseTimesCost = 10;

/// What a look found.
struct Looked {
  std::int64_t newest = 0;
  std::map<UtcTime, Ledger> again;
};

Result<Looked> look(store::Store& store, const std::vector<UtcTime>& minutes) {
  const auto newest = store.newest_event();
  if (!newest) return std::unexpected(newest.error());
  Looked looked{.newest = *newest, .again = {}};
  for (const UtcTime minute : minutes) {
    auto ledger = store.ledger({minute, minute + std::chrono::minutes{1}}, true);
    if (!ledger) return std::unexpected(std::move(ledger.error()));
    looked.again.emplace(minute, std::move(*ledger));
  }
  return looked;
}

}  // namespace

struct LedgerWatch::State : std::enable_shared_from_this<State> {
  using Done = std::move_only_function<void(StepResult)>;

  State(http::asio::io_context& context, store::ReadThread& reports, std::function<void()> changed)
      : io(context), thread(reports), on_change(std::move(changed)) {}

  void step(Done done) {
    if (progress.should_look(steady_clock::now())) return look_again(std::move(done));
    if (const auto stretch = progress.due()) return count(*stretch, std::move(done));
    done({.next_at = utc_now() + kIdle});
  }

  void look_again(Done done) {
    on_thread(
        std::move(done), [minutes = progress.again()](store::Store& store) { return look(store, minutes); },
        [this](const Looked& looked) {
          progress.saw(looked.newest, steady_clock::now());
          for (const auto& [minute, ledger] : looked.again) progress.counted_again(minute, ledger);
        });
  }

  void count(const alert::Stretch& stretch, Done done) {
    on_thread(
        std::move(done),
        [stretch](store::Store& store) {
          return store.ledger_piece(stretch.after, stretch.until, store::kLedgerPiece);
        },
        [this, stretch](const store::LedgerPiece& piece) {
          progress.counted(piece.events < store::kLedgerPiece ? stretch.until : piece.last, piece.ledger);
        });
  }

  /// Reads on the thread, takes what was read on this one; the step ends with it, and the next begins after a pause.
  template <class Read, class Take>
  void on_thread(Done done, const Read& read, const Take& take) {
    const auto finish = std::make_shared<Done>(std::move(done));
    const bool taken = thread.run([self = shared_from_this(), read, take, finish](store::Store& store) {
      const SteadyTime began = steady_clock::now();
      auto found = read(store);
      const auto pause = kPauseTimesCost * std::chrono::duration_cast<Microseconds>(steady_clock::now() - began);
      http::asio::post(self->io, [self, found = std::move(found), take, pause, finish] {
        if (!found) return (*finish)({.next_at = utc_now() + alert::LedgerProgress::kLookEvery});
        const bool was_balanced = self->progress.mismatches().empty();
        take(*found);
        self->tell(was_balanced);
        (*finish)({.next_at = utc_now() + (self->progress.due() ? pause : Microseconds(kIdle))});
      });
    });
    if (!taken) (*finish)({.next_at = utc_now() + alert::LedgerProgress::kLookEvery});
  }

  void tell(bool was_balanced) {
    const auto& wrong = progress.mismatches();
    if (was_balanced == wrong.empty()) return;
    if (!wrong.empty()) {
      log::error("ledger_mismatch", {{"platform", wrong.front().platform}, {"mismatch", wrong.front().mismatch()}});
    }
    on_change();
  }

  /// Nothing is due: until somebody looks whether it is time to look.
  static constexpr Seconds kIdle{5};

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

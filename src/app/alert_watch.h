// READ FIRST for how alerts come about: looks again and again, judges (alert/rules.h), folds (alert/episodes.h) and
// hands the alerts over (store/alerts.h).
//
//   this process's counters, breakers ──┐
//   the store: backlog, dead letters, ──┼─▶ conditions ─▶ episodes ─▶ ONE transaction: rows + events for the channels
//     silence, disabled endpoints       │
//   the ledger, certificates, space ────┘
//
// In a cluster each node watches its own counters, and all of them the store; the store folds what they find.
//
// Runs on the io_context thread; the store is asked on the reading thread and written on the writer's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alert/rules.h"
#include "api/alert_counters.h"
#include "app/certificate_files.h"
#include "app/step_loop.h"
#include "store/group_commit.h"

namespace yizhan::app {

struct AlertWatchOptions {
  std::vector<std::string> platforms;  ///< `alert:<channel>`: where alerts go; may be empty
  alert::RuleSettings rules;
  Seconds window{1800};
  Seconds clear_after{300};
  Seconds interval{10};
  std::vector<CertificateFile> certificates;
};

class AlertWatch {
 public:
  struct Parts {
    http::asio::io_context& io;
    store::GroupCommit& commits;
    store::ReadThread& reads;
    std::function<alert::Tallies(UtcTime now)> tallies;
    std::function<std::vector<alert::OpenBreaker>()> breakers;
    std::function<std::vector<LedgerLine>()> mismatches;
    std::function<std::optional<StoreSpace>()> space;
    /// Events were handed over that nobody has routed yet.
    std::function<void()> events_made;
  };

  /// References outlive this.
  AlertWatch(Parts parts, AlertWatchOptions options);
  ~AlertWatch();
  AlertWatch(const AlertWatch&) = delete;
  AlertWatch& operator=(const AlertWatch&) = delete;

  void start() { loop_.start(); }
  /// There is something to look at now.
  void wake() { loop_.wake(); }
  /// From the next look on; but for the interval.
  void replace(AlertWatchOptions options);
  /// After the look in hand; calls `done` once.
  void stop(std::function<void()> done) { loop_.stop(std::move(done)); }

  /// As of the last look.
  const api::AlertCounters& counters() const;
  /// Whether the last look reached the store, and was not long ago.
  bool looking(UtcTime now) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  StepLoop loop_;
};

}  // namespace yizhan::app

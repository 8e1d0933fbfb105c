// A pass of retention, batch after batch: who makes it (the service, `yizhan retention run`) calls step() again and
// again, and waits in between as it says. Belongs to one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "domain/retention.h"
#include "store/retention.h"

namespace yizhan::store {

struct RetentionPlan {
  RetentionAges ages;
  int batch_rows = 500;  ///< at most
  Milliseconds pause{50};
  Milliseconds batch_target = kBatchTarget;
  Seconds interval{600};
  std::int64_t quota_bytes = 0;
  bool at_once = false;  ///< a pass although none is due
};

/// What was done since the start; for metrics.
struct RetentionCounters {
  std::array<std::uint64_t, kRetentionKinds> removed{};
  std::uint64_t passes = 0;
  std::uint64_t failed_batches = 0;
  std::uint64_t micros = 0;  ///< in batches
  int pressure = 0;
  StoreSpace space;  ///< as of the last step outside a pass, which comes once a minute at least
};

class RetentionPass {
 public:
  RetentionPass(RetentionPlan plan, KeepLeaving keep);

  struct Step {
    bool in_pass = false;   ///< a pass is being made: the next step is wanted after `pause`
    bool finished = false;  ///< a pass ended with this step
    Microseconds took{};
    Microseconds pause{};
    std::optional<UtcTime> next_at{};  ///< otherwise: when the next pass may be due
  };
  /// Begins a pass that is due, or makes its next batch, or ends it. `waited`: how long the step waited for its thread.
  /// After an error the pass is given up; the next one begins anew.
  Result<Step> step(Store& store, Microseconds waited, UtcTime now);

  /// The limits of age take effect with the next kind, the rest with the next step.
  void set_plan(RetentionPlan plan, KeepLeaving keep) {
    plan_ = std::move(plan);
    keep_ = std::move(keep);
  }
  const RetentionCounters& counters() const { return counters_; }
  /// Rows that the pass took away so far, or the last one did.
  std::int64_t removed() const { return removed_; }

 private:
  Result<Step> begin(Store& store, UtcTime now);
  Result<Step> end(Store& store, UtcTime now);
  /// The next kind that anything can go of; false when there is none.
  bool next_kind(UtcTime now);

  RetentionPlan plan_;
  KeepLeaving keep_;
  std::string holder_;
  RetentionCounters counters_;

  std::optional<StoreSpace> at_last_pass_;
  std::optional<RetentionBatch> batch_;  ///< while a pass is being made
  bool young_seen_ = false;              ///< by the walk in hand
  std::int64_t removed_ = 0;
  /// Where each kind's walk goes on in the next pass. A day after they began they begin at the old end again, for what
  /// ended late.
  std::array<std::int64_t, kRetentionKinds> walked_to_{};
  UtcTime walks_began_{};
};

/// What a pass would take away now, by kind. Reads every row that is old enough.
Result<std::array<std::int64_t, kRetentionKinds>> look_at_pass(Store& store, const RetentionPlan& plan, UtcTime now);

}  // namespace yizhan::store

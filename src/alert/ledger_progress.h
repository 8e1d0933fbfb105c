// Which events the ledger's check counts next: pure. Each once, soon after it was stored; the minutes of those that did
// not balance again, until they do. Who falls behind skips events: `yizhan ledger` counts all there is.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "domain/ledger.h"

namespace yizhan::alert {

/// Events with a sequence over `after`, up to `until`.
struct Stretch {
  std::int64_t after;
  std::int64_t until;
  bool operator==(const Stretch&) const = default;
};

class LedgerProgress {
 public:
  /// How often saw() is to be called.
  static constexpr Seconds kLookEvery{60};
  /// Nobody is still storing an event whose number is under one that was seen so long ago.
  static constexpr Seconds kFinished{45};
  /// What could not be counted for so long is skipped.
  static constexpr std::chrono::minutes kLate{10};
  /// Minutes that did not balance and are counted again.
  static constexpr std::size_t kRemembered = 16;

  bool should_look(SteadyTime now) const { return !seen_ || now - seen_->at >= kLookEvery; }
  /// `newest`: the sequence of the event stored last, as of `now`. The first time says where to begin.
  void saw(std::int64_t newest, SteadyTime now);

  std::optional<Stretch> due() const;
  /// All up to `last` was counted: what was found in it.
  void counted(std::int64_t last, const Ledger& found);

  /// Minutes that are to be counted again, as a whole, when one looks.
  std::vector<UtcTime> again() const;
  void counted_again(UtcTime minute, const Ledger& found);

  /// Lines of minutes, or of parts of them, that did not balance when they were counted last.
  const std::vector<LedgerLine>& mismatches() const { return mismatches_.lines; }

 private:
  void remember(const Ledger& found);

  struct Seen {
    std::int64_t newest;
    SteadyTime at;
  };
  std::optional<Seen> seen_;
  std::int64_t after_ = 0;  ///< counted up to here
  std::int64_t until_ = 0;  ///< to be counted up to here
  SteadyTime due_since_{};  ///< when the first of what is due became so
  Ledger mismatches_;
};

}  // namespace yizhan::alert

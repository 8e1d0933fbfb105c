// The leases that this process handed out and has not seen the end of. The wall-clock time in the row is for people and
// for the index; whether a lease still runs is judged here, by the clock that never jumps (fault 15). It remembers the
// counters of the row as well: while the row carries the lease's token nobody has changed them, and recording need not
// read them.
//
// What a transaction does to leases counts only once it is committed.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace yizhan::store::sqlite {

struct HeldLease {
  SteadyTime ends{};
  int attempt_count = 0;
  int attempts_made = 0;
  int run_start = 0;
  bool ordered = false;
};

class Leases {
 public:
  /// The running or ended lease of an event, as of the last commit; null when this process holds none.
  const HeldLease* find(std::int64_t sequence) const {
    const auto found = held_.find(sequence);
    return found == held_.end() ? nullptr : &found->second;
  }

  void hold(std::int64_t sequence, HeldLease lease) { staged_.emplace_back(sequence, lease); }
  void end(std::int64_t sequence) { staged_.emplace_back(sequence, std::nullopt); }

  void commit() {
    for (auto& [sequence, lease] : staged_) {
      if (lease) {
        held_.insert_or_assign(sequence, *lease);
      } else {
        held_.erase(sequence);
      }
    }
    staged_.clear();
  }
  void roll_back() { staged_.clear(); }

  /// Whose lease has ended, as of the last commit.
  std::vector<std::int64_t> ended(SteadyTime now) const {
    std::vector<std::int64_t> sequences;
    for (const auto& [sequence, lease] : held_) {
      if (lease.ends <= now) sequences.push_back(sequence);
    }
    return sequences;
  }

  std::size_t size() const { return held_.size(); }

 private:
  std::unordered_map<std::int64_t, HeldLease> held_;
  std::vector<std::pair<std::int64_t, std::optional<HeldLease>>> staged_;
};

}  // namespace yizhan::store::sqlite

// What the writing connection keeps in mind from one batch to the next, so that most batches take a single round trip:
// numbers for callbacks that are yet to come, and whether keys may be presumed to be new. None of it is needed for a
// batch to be right; a wrong presumption is refused by a unique index, and the batch is then written by asking first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "store/postgres/claim_marks.h"

namespace yizhan::store::postgres {

/// Numbers for callbacks, taken from the sequence by the batch before. They are used within kFresh or not at all: nodes
/// share the sequence, and a callback's number should tell roughly when it came.
class CallbackIds {
 public:
  static constexpr Milliseconds kFresh{100};
  /// Fewer callbacks in a batch are no reason to take numbers in advance, of which some may never be used.
  static constexpr std::size_t kBusy = 4;
  static constexpr std::size_t kMost = 1000;

  /// `count` of them, or nothing where there are not so many.
  std::optional<std::vector<std::int64_t>> take(std::size_t count, SteadyTime now);
  /// How many a batch with `count` callbacks should take for the one after it.
  std::size_t wanted(std::size_t count) const;
  void add(std::int64_t id, SteadyTime now);

 private:
  std::deque<std::int64_t> ids_;
  SteadyTime added_at_{};
};

/// Whether the keys of events and callbacks (idempotency) may be presumed to be new. After one that was not, this many
/// batches ask first, so that a stream with many repetitions does not write each batch twice.
class KeyPresumption {
 public:
  static constexpr int kCautious = 16;

  bool holds() const { return cautious_ == 0; }
  /// A batch asked first, and found some of its keys, or none.
  void asked(bool found_some) { cautious_ = found_some ? kCautious : std::max(cautious_ - 1, 0); }

 private:
  int cautious_ = 0;
};

struct WriterMemory {
  ClaimMarks claim_marks;
  CallbackIds callback_ids;
  KeyPresumption new_keys;
};

}  // namespace yizhan::store::postgres

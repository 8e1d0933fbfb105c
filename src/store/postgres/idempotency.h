// Idempotency keys of a batch: which events were stored before under the key they carry, which repeat one of the same
// batch, and which call carries a key that belongs to other content.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "store/postgres/binary.h"
#include "store/store.h"

namespace yizhan::store::postgres {

class IdempotencyKeys {
 public:
  /// Events that are stored together, or not at all; they outlive this.
  using Events = std::span<const NewEvent* const>;

  /// Of everything that may come to be asked for, once sort() was called.
  void add(const std::vector<NewEvent>& events);
  void sort();

  /// No event carries a key.
  bool empty() const { return keys_.empty(); }
  /// For the statement that finds what is stored under the keys; each key once.
  Parameters parameters() const;
  /// What it found.
  void take(const ResultSet& found);
  bool found_some() const { return !stored_.empty(); }

  /// What an event with a key turned out to be. Neither: it is new.
  struct Match {
    std::optional<Accepted> stored;     ///< a repetition of an event that is in the store
    const NewEvent* earlier = nullptr;  ///< a repetition of a new event of this batch
  };
  /// For each event of a call, in order. Calls are asked for in their order, because the first one to carry a key is
  /// the one that stores it. `idempotency_conflict`, which concerns this call alone.
  Result<std::vector<Match>> resolve(Events events);

 private:
  using Key = std::pair<std::string_view, std::string_view>;  // platform, key: views into the events
  struct Stored {
    Accepted accepted;
    Event content;
  };

  Result<Match> match(const NewEvent& event, std::map<Key, const NewEvent*>& of_call) const;

  std::vector<Key> keys_;
  std::map<Key, Stored> stored_;
  std::map<Key, const NewEvent*> taken_;  // by calls that were resolved
};

}  // namespace yizhan::store::postgres

// What became of every event that the driver sent: the proof that nothing is missing and nothing came twice, and the
// times that the latencies are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "drive/event_text.h"
#include "drive/poller.h"

namespace yizhan::bench {

class EventBook {
 public:
  /// Numbers run from `first`. Memory for `capacity` events is reserved, so that the book never stops to grow.
  EventBook(EventNumber first, std::size_t capacity);

  struct Entry {
    std::uint32_t due = 0;         ///< when it should have been sent; microseconds, as all of these
    std::uint32_t accepted = 0;    ///< when the 202 was read; 0: not accepted
    std::uint32_t delivered = 0;   ///< when the sink had read the whole callback; 0: not delivered
    std::uint32_t deliveries = 0;  ///< callbacks answered with success
  };

  struct Totals {
    std::int64_t sent = 0;
    std::int64_t accepted = 0;
    std::int64_t refused = 0;
    std::int64_t delivered = 0;   ///< distinct events
    std::int64_t duplicates = 0;  ///< successful callbacks beyond an event's first
    std::int64_t unexpected = 0;  ///< callbacks for events that this driver never sent
  };

  /// The number of the next event, which is due at `due`.
  EventNumber send(Moment due);
  void accept(EventNumber number, Moment at);
  void refuse(EventNumber number);
  /// A callback that was answered with success.
  void deliver(EventNumber number, Moment at);
  /// Takes over events that were accepted in another run of the driver.
  void expect(std::int64_t count);

  EventNumber next() const { return first_ + static_cast<EventNumber>(entries_.size()); }
  bool holds(EventNumber number) const { return number >= first_ && number < next(); }
  const std::vector<Entry>& entries() const { return entries_; }
  const Totals& totals() const { return totals_; }
  /// Accepted and not delivered, of what this book holds.
  std::int64_t outstanding() const { return totals_.accepted - totals_.delivered; }

 private:
  Entry& entry(EventNumber number) { return entries_[static_cast<std::size_t>(number - first_)]; }

  EventNumber first_;
  std::vector<Entry> entries_;
  Totals totals_;
};

}  // namespace yizhan::bench

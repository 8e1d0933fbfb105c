#include "drive/event_book.h"

#include <algorithm>

namespace yizhan::bench {
namespace {

/// 0 means "has not happened", so the first microsecond counts as the second.
std::uint32_t stamp(Moment at) {
  return static_cast<std::uint32_t>(std::max<Moment>(at, 1));
}

}  // namespace

EventBook::EventBook(EventNumber first, std::size_t capacity) : first_(first) {
  entries_.reserve(capacity);
}

EventNumber EventBook::send(Moment due) {
  const EventNumber number = next();
  entries_.push_back({.due = stamp(due)});
  ++totals_.sent;
  return number;
}

void EventBook::accept(EventNumber number, Moment at) {
  Entry& found = entry(number);
  found.accepted = stamp(at);
  ++totals_.accepted;
}

void EventBook::refuse(EventNumber number) {
  if (holds(number)) ++totals_.refused;
}

void EventBook::deliver(EventNumber number, Moment at) {
  if (!holds(number)) {
    ++totals_.unexpected;
    return;
  }
  Entry& found = entry(number);
  if (++found.deliveries > 1) {
    ++totals_.duplicates;
    return;
  }
  found.delivered = stamp(at);
  ++totals_.delivered;
}

void EventBook::expect(std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) entries_.push_back({.due = 1, .accepted = 1});
  totals_.sent += count;
  totals_.accepted += count;
}

}  // namespace yizhan::bench

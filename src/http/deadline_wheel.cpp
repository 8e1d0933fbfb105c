#include "http/deadline_wheel.h"

#include <algorithm>
#include <array>

namespace yizhan::http {
namespace {

constexpr std::size_t kSlotCount = 512;

}  // namespace

// Kept alive by nobody but the wheel: the timer's handler holds a weak pointer, for it may still be queued when the
// wheel is destroyed.
struct DeadlineWheel::Core : std::enable_shared_from_this<DeadlineWheel::Core> {
  /// The head of a circular list.
  struct List final : Entry {
    List() {
      previous_of(*this) = this;
      next_of(*this) = this;
    }
    void deadline_passed() override {}
  };

  Core(asio::io_context& io, Milliseconds tick_length) : resolution(tick_length), timer(io.get_executor()) {}

  static Entry*& previous_of(Entry& entry) { return entry.previous_; }
  static Entry*& next_of(Entry& entry) { return entry.next_; }

  static void link(List& list, Entry& entry) {
    entry.previous_ = previous_of(list);
    entry.next_ = &list;
    entry.previous_->next_ = &entry;
    previous_of(list) = &entry;
  }
  static void unlink(Entry& entry) {
    entry.previous_->next_ = entry.next_;
    entry.next_->previous_ = entry.previous_;
    entry.previous_ = nullptr;
    entry.next_ = nullptr;
  }

  std::int64_t tick_at(SteadyTime time) const { return time.time_since_epoch() / resolution; }

  void start_timer() {
    running = true;
    timer.expires_at(SteadyTime(resolution * (last_tick + 1)));
    timer.async_wait([weak = weak_from_this()](ErrorCode error) {
      const auto core = weak.lock();
      if (core && !error) core->turn();
    });
  }

  /// Fires what is due in every slot passed since the last turn.
  void turn() {
    const std::int64_t now_tick = tick_at(std::chrono::steady_clock::now());
    const std::int64_t first = std::max(last_tick + 1, now_tick - static_cast<std::int64_t>(kSlotCount) + 1);
    List due;
    for (std::int64_t tick = first; tick <= now_tick; ++tick) {
      List& slot = slots[static_cast<std::size_t>(tick) % kSlotCount];
      for (Entry* entry = next_of(slot); entry != &slot;) {
        Entry* const next = entry->next_;
        if (entry->tick_ <= now_tick) {
          unlink(*entry);
          link(due, *entry);
        }
        entry = next;
      }
    }
    last_tick = std::max(last_tick, now_tick);
    while (next_of(due) != &due) {
      Entry& entry = *next_of(due);
      DeadlineWheel::disarm(entry);
      if (!stopped) entry.deadline_passed();
    }
    running = false;
    if (armed_count > 0 && !stopped) start_timer();
  }

  const Milliseconds resolution;
  Timer timer;
  std::array<List, kSlotCount> slots;
  std::size_t armed_count = 0;
  std::int64_t last_tick = 0;  // every slot up to this one has been looked at
  bool running = false;        // the timer is waiting, or turn() is at work
  bool stopped = false;        // the wheel is gone; a turn may still be at work
};

DeadlineWheel::Entry::~Entry() {
  DeadlineWheel::disarm(*this);
}

DeadlineWheel::DeadlineWheel(asio::io_context& io, Milliseconds resolution)
    : core_(std::make_shared<Core>(io, resolution)) {}

DeadlineWheel::~DeadlineWheel() {
  core_->stopped = true;
  for (Core::List& slot : core_->slots) {
    while (Core::next_of(slot) != &slot) disarm(*Core::next_of(slot));
  }
  core_->timer.cancel();
}

void DeadlineWheel::arm(Entry& entry, SteadyTime deadline) {
  disarm(entry);
  // The first tick that begins at or after the deadline, so that nothing fires early.
  const std::int64_t tick = core_->tick_at(deadline + core_->resolution - SteadyTime::duration(1));
  if (!core_->running) core_->last_tick = core_->tick_at(std::chrono::steady_clock::now());
  entry.tick_ = std::max(tick, core_->last_tick + 1);
  Core::link(core_->slots[static_cast<std::size_t>(entry.tick_) % kSlotCount], entry);
  entry.armed_count_ = &core_->armed_count;
  ++core_->armed_count;
  if (!core_->running) core_->start_timer();
}

void DeadlineWheel::disarm(Entry& entry) {
  if (entry.armed_count_ == nullptr) return;
  --*entry.armed_count_;
  entry.armed_count_ = nullptr;
  Core::unlink(entry);
}

}  // namespace yizhan::http

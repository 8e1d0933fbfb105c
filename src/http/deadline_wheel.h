// Deadlines of many things with one timer: a hashed timing wheel (Varghese and Lauck, 1987). Arming and disarming cost
// a few pointer writes and allocate nothing, whereas a timer for each request would cost a heap operation and, when it
// is the next to end, a system call. The timer runs only while something is armed.
//
// Used on the io_context's thread only.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "http/asio.h"

namespace yizhan::http {

class DeadlineWheel {
 public:
  /// Something with at most one deadline in one wheel. Disarms itself when destroyed.
  class Entry {  // NOLINT(cppcoreguidelines-virtual-class-destructor): its heirs are destroyed as what they are
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   protected:
    virtual ~Entry();

   private:
    friend class DeadlineWheel;
    /// Called once, after the deadline and not later than one resolution (and what the thread is busy with). The entry
    /// is disarmed by then; it may arm itself again or be destroyed.
    virtual void deadline_passed() = 0;

    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
    std::int64_t tick_ = 0;
    std::size_t* armed_count_ = nullptr;  // the wheel's; null while disarmed
  };

  DeadlineWheel(asio::io_context& io, Milliseconds resolution);
  /// Entries still armed are disarmed without a call.
  ~DeadlineWheel();
  DeadlineWheel(const DeadlineWheel&) = delete;
  DeadlineWheel& operator=(const DeadlineWheel&) = delete;

  /// Sets the entry's deadline; one that it had before is forgotten.
  void arm(Entry& entry, SteadyTime deadline);
  static void disarm(Entry& entry);

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace yizhan::http

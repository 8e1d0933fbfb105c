// Ctrl-C (SIGINT) and SIGTERM while a command works: the work ends at the next safe place instead of in the middle.
#pragma once

#include <csignal>

#include "base/clock.h"

namespace yizhan::cli {

/// While one exists, those signals only raise a flag; a second one ends the process as if there were none. At most one
/// at a time. Use from one thread.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  bool interrupted() const;
  /// Waits for `duration` or the signal; answers interrupted().
  bool wait(Microseconds duration) const;

 private:
  struct sigaction previous_interrupt_{};
  struct sigaction previous_terminate_{};
};

}  // namespace yizhan::cli

// The driver's one epoll loop, and the clock that every figure is taken from.
#pragma once

#include <sys/epoll.h>

#include <cstdint>

namespace yizhan::bench {

/// Microseconds since the driver started; one clock for the load and the sink, so their difference is a latency.
using Moment = std::int64_t;
inline constexpr Moment kMicrosecondsPerSecond = 1'000'000;

Moment now();

/// Something with a socket that waits for readiness. Single thread; outlives its registration.
class Watched {
 public:
  virtual ~Watched() = default;
  /// `events` as epoll gives them. May destroy itself.
  virtual void ready(std::uint32_t events) = 0;
};

class Poller {
 public:
  /// Throws std::system_error.
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Level-triggered. Throws std::system_error.
  void add(int descriptor, std::uint32_t events, Watched& watched) const;
  void change(int descriptor, std::uint32_t events, Watched& watched) const;

  /// Waits for at most `longest` microseconds, then calls everyone who is ready.
  void wait(Moment longest) const;

 private:
  int descriptor_;
};

}  // namespace yizhan::bench

#include "drive/poller.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>

namespace yizhan::bench {
namespace {

Moment monotonic() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<Moment>(time.tv_sec) * kMicrosecondsPerSecond + time.tv_nsec / 1000;
}

void control(int poller, int operation, int descriptor, std::uint32_t events, Watched& watched) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watched;
  if (epoll_ctl(poller, operation, descriptor, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

}  // namespace

Moment now() {
  static const Moment kStart = monotonic();
  return monotonic() - kStart;
}

Poller::Poller() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

Poller::~Poller() {
  close(descriptor_);
}

void Poller::add(int descriptor, std::uint32_t events, Watched& watched) const {
  control(descriptor_, EPOLL_CTL_ADD, descriptor, events, watched);
}

void Poller::change(int descriptor, std::uint32_t events, Watched& watched) const {
  control(descriptor_, EPOLL_CTL_MOD, descriptor, events, watched);
}

void Poller::wait(Moment longest) const {
  std::array<epoll_event, 512> events;
  const Moment bounded = longest < 0 ? 0 : longest;
  const timespec timeout{.tv_sec = bounded / kMicrosecondsPerSecond,
                         .tv_nsec = (bounded % kMicrosecondsPerSecond) * 1000};
  const int count = epoll_pwait2(descriptor_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Watched*>(event.data.ptr)->ready(event.events);
  }
}

}  // namespace yizhan::bench

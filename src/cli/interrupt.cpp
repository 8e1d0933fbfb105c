#include "cli/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>

namespace yizhan::cli {
namespace {

// Written by the signal handler, hence lock-free and outside of any object. The pipe makes the signal wake a wait.
std::atomic<bool> interrupt_flag{false};
std::array<int, 2> pipe_ends{-1, -1};

void on_signal(int) {
  interrupt_flag = true;
  const char byte = 0;
  // A full pipe wakes as well as one more byte would.
  [[maybe_unused]] const auto written = write(pipe_ends[1], &byte, 1);
}

}  // namespace

InterruptWatch::InterruptWatch() {
  interrupt_flag = false;
  if (pipe2(pipe_ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) pipe_ends = {-1, -1};
  struct sigaction action{};
  action.sa_handler = on_signal;
  // The default action comes back after the first: whoever presses Ctrl-C twice means it.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, &previous_interrupt_);
  sigaction(SIGTERM, &action, &previous_terminate_);
}

InterruptWatch::~InterruptWatch() {
  sigaction(SIGINT, &previous_interrupt_, nullptr);
  sigaction(SIGTERM, &previous_terminate_, nullptr);
  for (int& end : pipe_ends) {
    if (end >= 0) close(end);
    end = -1;
  }
}

bool InterruptWatch::interrupted() const {
  return interrupt_flag;
}

bool InterruptWatch::wait(Microseconds duration) const {
  const SteadyTime until = std::chrono::steady_clock::now() + duration;
  while (!interrupted()) {
    const auto left = std::chrono::ceil<Milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) break;
    pollfd wake{pipe_ends[0], POLLIN, 0};
    poll(&wake, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
  }
  return interrupted();
}

}  // namespace yizhan::cli

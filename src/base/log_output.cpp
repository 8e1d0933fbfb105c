#include "base/log_output.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <thread>
#include <utility>

#include "base/clock.h"

namespace yizhan::log {
namespace {

/// How long lines are gathered: a hundred writes a second cost nothing, and nobody reads faster.
constexpr Milliseconds kGathering{10};
/// Enough to be worth a write before that.
constexpr std::size_t kWorthAWrite = 256 << 10;
constexpr std::size_t kKeptCapacity = 1 << 20;

}  // namespace

void LogOutput::add(std::string_view line) {
  bool worth_waking = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() >= kLimit) {
      ++dropped_;
      dropped_in_all_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const std::size_t before = waiting_.size();
    waiting_ += line;
    waiting_ += '\n';
    worth_waking = before == 0 || (before < kWorthAWrite && waiting_.size() >= kWorthAWrite);
  }
  if (worth_waking) news_.notify_one();
}

void LogOutput::write_now(std::string_view line) {
  const std::lock_guard lock(writing_);
  write_waiting(line);
}

void LogOutput::flush() {
  const std::lock_guard lock(writing_);
  write_waiting({});
}

void LogOutput::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      news_.wait(lock, [this] { return !waiting_.empty(); });
      news_.wait_for(lock, kGathering, [this] { return waiting_.size() >= kWorthAWrite; });
    }
    flush();
  }
}

void LogOutput::write_waiting(std::string_view last) {
  std::uint64_t dropped = 0;
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(waiting_);
    dropped = std::exchange(dropped_, 0);
  }
  if (dropped > 0) {
    fmt::format_to(std::back_inserter(taken_),
                   R"({{"time":"{}","level":"warning","event":"log_lines_dropped","count":{}}})"
                   "\n",
                   to_rfc3339(utc_now()), dropped);
  }
  if (!last.empty()) {
    taken_ += last;
    taken_ += '\n';
  }
  write_bytes(taken_);
  taken_.clear();
  if (taken_.capacity() > kKeptCapacity) taken_.shrink_to_fit();
}

/// There is nobody to tell when the log itself cannot be written.
void LogOutput::write_bytes(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd writable{descriptor_, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

LogOutput& log_output() {
  // Never destroyed: what is destroyed at the end of the process may still log.
  static LogOutput& instance = [] -> LogOutput& {
    auto* made = new LogOutput(STDERR_FILENO);
    std::thread([made] { made->run(); }).detach();
    std::atexit([] { log_output().flush(); });
    return *made;
  }();
  return instance;
}

}  // namespace yizhan::log

#include "base/log_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
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

void LogOutput::replace(std::unique_ptr<LogSink> sink) {
  const std::lock_guard lock(writing_);
  write_waiting({});
  sink_ = std::move(sink);
}

void LogOutput::reopen() {
  const std::lock_guard lock(writing_);
  write_waiting({});
  sink_->reopen();
}

void LogOutput::write_waiting(std::string_view last) {
  std::uint64_t dropped = 0;
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(waiting_);
    dropped = std::exchange(dropped_, 0);
  }
  if (dropped > 0) {
    note_lost(sink_->write(taken_));
    taken_.clear();
    report_dropped(dropped);
  }
  if (!last.empty()) {
    taken_ += last;
    taken_ += '\n';
  }
  note_lost(sink_->write(taken_));
  taken_.clear();
  if (taken_.capacity() > kKeptCapacity) taken_.shrink_to_fit();
}

void LogOutput::report_dropped(std::uint64_t dropped) {
  const std::string line = fmt::format(R"({{"time":"{}","level":"warning","event":"log_lines_dropped","count":{}}})"
                                       "\n",
                                       to_rfc3339(utc_now()), dropped);
  if (sink_->write(line) == 0) return;
  const std::lock_guard lock(mutex_);
  dropped_ += dropped;
}

void LogOutput::note_lost(std::uint64_t lines) {
  if (lines == 0) return;
  dropped_in_all_.fetch_add(lines, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  dropped_ += lines;
}

LogOutput& log_output() {
  // Never destroyed: what is destroyed at the end of the process may still log.
  static LogOutput& instance = [] -> LogOutput& {
    auto* made = new LogOutput(make_descriptor_sink(STDERR_FILENO));
    std::thread([made] { made->run(); }).detach();
    std::atexit([] { log_output().flush(); });
    return *made;
  }();
  return instance;
}

}  // namespace yizhan::log

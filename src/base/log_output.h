// The way of log lines to their sink (log_sink.h), through memory. A line for every callback would otherwise cost the
// I/O thread a system call each, and a reader of the log that is slow would hold up callbacks.
//
// Lines that can wait are gathered for a few milliseconds and written by a thread of their own; urgent ones are written
// at once, after all that came before them. What can wait is dropped, and counted, while kLimit bytes wait already:
// nobody reads the log, and memory is worth more. What the sink loses is counted likewise. Both are said in a line of
// their own, `log_lines_dropped`, as soon as one can be written.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/log_sink.h"

namespace yizhan::log {

/// Thread-safe.
class LogOutput {
 public:
  static constexpr std::size_t kLimit = 4 << 20;

  explicit LogOutput(std::unique_ptr<LogSink> sink) : sink_(std::move(sink)) {}

  /// `line` without its end.
  void add(std::string_view line);
  void write_now(std::string_view line);
  /// Returns when all that was added before has been written.
  void flush();
  /// Lines go there from now on; what was added before is written where it went.
  void replace(std::unique_ptr<LogSink> sink);
  /// LogSink::reopen(), between lines.
  void reopen();
  /// Writes what was added, for ever; the thread's function.
  void run();
  /// Lines, since the start.
  std::uint64_t dropped() const { return dropped_in_all_.load(std::memory_order_relaxed); }

 private:
  /// Writes what waits, and `last` after it.
  void write_waiting(std::string_view last);
  /// `dropped` lines are said to be missing; counted again where that cannot be written either.
  void report_dropped(std::uint64_t dropped);
  void note_lost(std::uint64_t lines);

  std::mutex writing_;  ///< held while writing, and taken before mutex_: lines keep their order
  // Guarded by writing_.
  std::unique_ptr<LogSink> sink_;
  std::string taken_;  ///< its memory is used again

  std::mutex mutex_;
  std::condition_variable news_;
  // Guarded by mutex_.
  std::string waiting_;
  std::uint64_t dropped_ = 0;  ///< and not yet said

  std::atomic<std::uint64_t> dropped_in_all_ = 0;
};

/// The process's own. Lives as long as the process; what waits when it exits is written.
LogOutput& log_output();

}  // namespace yizhan::log

// Where log lines go: standard error, through memory. A line for every callback would otherwise cost the I/O thread a
// system call each, and a reader of the log that is slow would hold up callbacks.
//
// Lines that can wait are gathered for a few milliseconds and written by a thread of their own; urgent ones are written
// at once, after all that came before them. What can wait is dropped, and counted, while kLimit bytes wait already:
// nobody reads the log, and memory is worth more.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace yizhan::log {

/// Thread-safe.
class LogOutput {
 public:
  static constexpr std::size_t kLimit = 4 << 20;

  /// Lines go to this file descriptor; its owner keeps it open.
  explicit LogOutput(int descriptor) : descriptor_(descriptor) {}

  /// `line` without its end.
  void add(std::string_view line);
  void write_now(std::string_view line);
  /// Returns when all that was added before has been written.
  void flush();
  /// Writes what was added, for ever; the thread's function.
  void run();
  /// Lines, since the start.
  std::uint64_t dropped() const { return dropped_in_all_.load(std::memory_order_relaxed); }

 private:
  /// Writes what waits, and `last` after it.
  void write_waiting(std::string_view last);
  void write_bytes(std::string_view bytes) const;

  const int descriptor_;
  std::mutex writing_;  ///< held while writing, and taken before mutex_: lines keep their order
  std::string taken_;   ///< guarded by writing_: its memory is used again

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

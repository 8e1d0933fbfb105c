// Where gathered log lines are written: a file descriptor, a file that is rotated (log_file.h), systemd's journal
// (journal.h). One thread at a time writes (log_output.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace yizhan::log {

class LogSink {
 public:
  virtual ~LogSink() = default;

  /// Writes whole lines, each with its end. Never waits for long and never fails: what cannot be written is lost.
  /// Returns how many lines were.
  virtual std::size_t write(std::string_view lines) = 0;
  /// Somebody moved the file: it is opened anew.
  virtual void reopen() {}
};

/// Lines of `text`; it ends with a line's end, or is empty.
std::size_t count_lines(std::string_view text);
/// The lines at the front of `text` that have at most `bytes` together; empty when the first is longer.
std::string_view lines_within(std::string_view text, std::size_t bytes);

/// Writes to a descriptor that stays open: standard error, standard output. A reader that does not take anything for a
/// second is not waited for again until he does.
std::unique_ptr<LogSink> make_descriptor_sink(int descriptor);

}  // namespace yizhan::log

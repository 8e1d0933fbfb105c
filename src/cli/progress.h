// One line on a terminal that says how far long work has come and when it will be done; nothing where nobody watches.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "cli/terminal.h"

namespace yizhan::cli {

/// `replaying  1,200 of 5,000  24 %  310/s  12 s left`. `total` 0: not known.
std::string progress_text(std::string_view label, std::int64_t done, std::int64_t total, Microseconds elapsed);

class Progress {
 public:
  /// Writes to the terminal's standard error, if that is one.
  Progress(const Terminal& terminal, std::string label, std::int64_t total);
  /// Takes the line away.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Draws at most ten times a second.
  void update(std::int64_t done);

 private:
  const Terminal& terminal_;
  std::string label_;
  std::int64_t total_;
  SteadyTime started_;
  SteadyTime drawn_{};
  bool shown_ = false;
};

}  // namespace yizhan::cli

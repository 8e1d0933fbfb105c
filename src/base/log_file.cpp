#include "base/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/clock.h"

namespace yizhan::log {
namespace {

using std::chrono::steady_clock;

/// How often it is looked whether the file at the path is still ours.
constexpr std::chrono::seconds kLookAgain{1};
/// The owner writes, the group (`adm`, who reads logs) reads.
constexpr mode_t kMode = 0640;

std::chrono::sys_days day_of(std::time_t seconds) {
  return std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
}
std::chrono::sys_days today() {
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

class LogFile final : public LogSink {
 public:
  explicit LogFile(LogFileOptions options) : options_(std::move(options)) {}
  ~LogFile() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  /// The one before is kept when it cannot be opened.
  bool open() {
    const int opened = ::open(options_.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode);
    struct stat state{};
    if (opened < 0 || ::fstat(opened, &state) != 0) {
      if (opened >= 0) ::close(opened);
      return false;
    }
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = opened;
    device_ = state.st_dev;
    inode_ = state.st_ino;
    size_ = static_cast<std::size_t>(state.st_size);
    day_ = size_ == 0 ? today() : day_of(state.st_mtime);
    return true;
  }

  std::size_t write(std::string_view lines) override {
    if (steady_clock::now() >= look_at_) follow_path();
    if (options_.rotate_daily && size_ > 0 && day_ != today()) rotate();
    while (!lines.empty()) {
      std::string_view piece = fitting(lines);
      if (piece.empty() && size_ > 0) {
        rotate();
        piece = fitting(lines);
      }
      // Longer than a file may be, or the file could not be rotated: lines matter more than sizes.
      if (piece.empty()) piece = lines.substr(0, lines.find('\n') + 1);
      const std::size_t lost = append(piece);
      lines.remove_prefix(piece.size());
      if (lost > 0) return lost + count_lines(lines);
    }
    return 0;
  }

  void reopen() override { open(); }

 private:
  std::string_view fitting(std::string_view lines) const {
    if (options_.rotate_size == 0) return lines;
    return size_ < options_.rotate_size ? lines_within(lines, options_.rotate_size - size_) : std::string_view();
  }

  /// Lines that did not fit on the disk are lost whole: what was written of the first of them is cut off again.
  std::size_t append(std::string_view lines) {
    std::string_view left = lines;
    while (!left.empty()) {
      const ssize_t written = ::write(descriptor_, left.data(), left.size());
      if (written >= 0) {
        left.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        break;
      }
    }
    const std::size_t written = lines.size() - left.size();
    const std::size_t whole = written == 0 ? 0 : lines.substr(0, written).rfind('\n') + 1;
    struct stat state{};
    if (whole < written && ::fstat(descriptor_, &state) == 0) {
      static_cast<void>(::ftruncate(descriptor_, state.st_size - static_cast<off_t>(written - whole)));
    }
    size_ += whole;
    return count_lines(lines.substr(whole));
  }

  void rotate() {
    const auto numbered = [this](std::size_t number) { return fmt::format("{}.{}", options_.path, number); };
    std::size_t first_free = 1;
    while (first_free < options_.rotate_keep && ::access(numbered(first_free).c_str(), F_OK) == 0) ++first_free;
    for (std::size_t number = first_free - 1; number >= 1; --number) {
      static_cast<void>(::rename(numbered(number).c_str(), numbered(number + 1).c_str()));
    }
    if (::rename(options_.path.c_str(), numbered(1).c_str()) == 0) open();
  }

  void follow_path() {
    look_at_ = steady_clock::now() + kLookAgain;
    struct stat state{};
    const bool ours = ::stat(options_.path.c_str(), &state) == 0 && state.st_dev == device_ && state.st_ino == inode_;
    if (!ours) {
      open();
    } else {
      size_ = static_cast<std::size_t>(state.st_size);  // somebody may have cut it off
    }
  }

  const LogFileOptions options_;
  int descriptor_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::size_t size_ = 0;
  std::chrono::sys_days day_{};
  steady_clock::time_point look_at_{};
};

}  // namespace

Result<std::unique_ptr<LogSink>> open_log_file(LogFileOptions options) {
  const std::string path = options.path;
  auto file = std::make_unique<LogFile>(std::move(options));
  if (!file->open()) {
    return fail("log_file_unusable", fmt::format("the log file {} cannot be written: {}; set log.file to a path that "
                                                 "this user may write",
                                                 path, std::strerror(errno)));
  }
  return file;
}

}  // namespace yizhan::log

#include "base/log_sink.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace yizhan::log {
namespace {

/// How long a reader is waited for.
constexpr int kPatienceMilliseconds = 1000;

class DescriptorSink final : public LogSink {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {
    struct stat state{};
    is_file_ = ::fstat(descriptor, &state) == 0 && S_ISREG(state.st_mode);
  }

  std::size_t write(std::string_view lines) override {
    if (!lines.empty() && torn_ && write_bytes("\n").empty()) torn_ = false;
    while (!lines.empty()) {
      std::string_view piece = is_file_ ? lines : lines_within(lines, PIPE_BUF);
      if (piece.empty()) piece = lines.substr(0, lines.find('\n') + 1);
      const std::string_view left = torn_ ? piece : write_bytes(piece);
      if (!left.empty()) {
        torn_ = torn_ || (left.size() < piece.size() && piece[piece.size() - left.size() - 1] != '\n');
        return count_lines(left) + count_lines(lines.substr(piece.size()));
      }
      lines.remove_prefix(piece.size());
    }
    return 0;
  }

 private:
  /// What could not be written.
  std::string_view write_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!is_file_ && !wait_for_reader()) break;
      // What is at most PIPE_BUF goes into a pipe that is ready whole and without waiting.
      const ssize_t written =
          ::write(descriptor_, bytes.data(), is_file_ ? bytes.size() : std::min<std::size_t>(bytes.size(), PIPE_BUF));
      if (written >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR && errno != EAGAIN) {
        break;
      }
    }
    return bytes;
  }

  bool wait_for_reader() {
    for (;;) {
      pollfd writable{descriptor_, POLLOUT, 0};
      const int ready = ::poll(&writable, 1, stalled_ ? 0 : kPatienceMilliseconds);
      if (ready < 0 && errno == EINTR) continue;
      stalled_ = ready == 0;
      return !stalled_;
    }
  }

  const int descriptor_;
  bool is_file_ = false;
  bool stalled_ = false;
  bool torn_ = false;  ///< a line is there without its end
};

}  // namespace

std::size_t count_lines(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::string_view lines_within(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  const std::size_t end = text.substr(0, bytes).rfind('\n');
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

std::unique_ptr<LogSink> make_descriptor_sink(int descriptor) {
  return std::make_unique<DescriptorSink>(descriptor);
}

}  // namespace yizhan::log

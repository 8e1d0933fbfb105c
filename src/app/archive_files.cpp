#include "app/archive_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "api/export_json.h"
#include "base/clock.h"

namespace yizhan::app {
namespace {

Result<void> failed(std::string_view doing, const std::string& path) {
  return fail("archive_failed",
              fmt::format("could not {} {}: {}; nothing is deleted until it can (retention.export_dir)", doing, path,
                          std::strerror(errno)));
}

class File {
 public:
  explicit File(const std::string& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  ~File() {
    if (is_open()) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  bool write(std::string_view text) const {
    while (!text.empty()) {
      const ::ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  bool sync() const { return ::fsync(descriptor_) == 0; }

 private:
  int descriptor_;
};

/// A new name in a directory is durable when the directory is.
bool sync_directory(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return synced;
}

Result<void> append(const std::string& directory, std::string_view kind, const std::string& lines) {
  if (lines.empty()) return {};
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) {
    errno = failure.value();
    return failed("make the directory", directory);
  }
  const std::string path = fmt::format("{}/{}-{}.jsonl", directory, kind, to_rfc3339(utc_now()).substr(0, 10));
  const bool is_new = !std::filesystem::exists(path, failure);
  const File file(path);
  if (!file.is_open()) return failed("open", path);
  if (!file.write(lines) || !file.sync()) return failed("write", path);
  if (is_new && !sync_directory(directory)) return failed("sync", directory);
  return {};
}

}  // namespace

store::KeepLeaving archive_into(std::string directory) {
  return [directory = std::move(directory)](const store::LeavingRows& leaving) -> Result<void> {
    std::string lines;
    for (const store::WholeEvent& event : leaving.events) lines += api::event_line(event);
    if (auto done = append(directory, "events", lines); !done) return done;
    lines.clear();
    for (const store::CallbackView& callback : leaving.callbacks) lines += api::callback_line(callback);
    return append(directory, "callbacks", lines);
  };
}

}  // namespace yizhan::app

#include "store/sqlite/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace yizhan::store::sqlite {

namespace {

/// 0 where the file does not tell.
pid_t pid_in(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(descriptor, text.data(), text.size() - 1, 0);
  pid_t pid = 0;
  if (length > 0) std::from_chars(text.data(), text.data() + length, pid);
  return pid;
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& database_path) {
  const std::string path = database_path + ".lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return fail("store_unavailable", fmt::format("could not open {}: {}", path, std::strerror(errno)));
  }
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const pid_t pid = pid_in(descriptor);
    return fail(
        "store_locked",
        fmt::format("the database {} is served by another process, pid {}; stop that one first, or give this one "
                    "a data directory of its own",
                    database_path, pid == 0 ? "unknown" : std::to_string(pid)));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, pid.data(), pid.size(), 0) < 0) {
    return fail("store_unavailable", fmt::format("could not write {}: {}", path, std::strerror(errno)));
  }
  return lock;
}

std::optional<pid_t> FileLock::holder(const std::string& database_path) {
  const int descriptor = ::open((database_path + ".lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::optional<pid_t> pid;
  // Shared, so that those who look at once do not take each other for the holder.
  if (::flock(descriptor, LOCK_SH | LOCK_NB) != 0) pid = pid_in(descriptor);
  ::close(descriptor);
  return pid;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

// The file stays: were it removed, a process that opened it a moment ago would hold a lock that nobody else can see.
FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace yizhan::store::sqlite

#include "cli/background.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 (Debian 12) forgets to say that these are C functions.
extern "C" {
#include <sys/pidfd.h>
}

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/descriptor.h"

namespace yizhan::cli {
namespace {

constexpr std::size_t kLogLinesShown = 15;

std::unexpected<Error> unavailable(std::string_view doing, const std::string& what) {
  return fail("background_unavailable", fmt::format("could not {} {}: {}", doing, what, std::strerror(errno)));
}

/// Three lines: the pid, when it was started, its ready line.
std::string to_text(const BackgroundService& service) {
  return fmt::format("{}\n{}\n{}\n", service.pid, to_rfc3339(service.started_at), service.ready_line);
}

BackgroundService read_text(const std::string& text) {
  BackgroundService service;
  std::istringstream lines(text);
  std::string started;
  lines >> service.pid;
  lines.ignore();
  std::getline(lines, started);
  std::getline(lines, service.ready_line);
  service.started_at = parse_time(started).value_or(UtcTime{});
  return service;
}

Result<void> write_text(int descriptor, const BackgroundService& service, const std::string& path) {
  const std::string text = to_text(service);
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, text.data(), text.size(), 0) < 0) {
    return unavailable("write", path);
  }
  return {};
}

/// The last lines of what was logged since `from`.
std::string log_tail(const std::string& path, off_t from) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(from);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  std::string tail;
  for (std::size_t i = lines.size() - std::min(lines.size(), kLogLinesShown); i < lines.size(); ++i) {
    tail += "\n  " + lines[i];
  }
  return tail;
}

/// In the child: only calls that are safe between fork and exec. `lock` stays open in it: the lock lives with it.
[[noreturn]] void become(const std::string& program, const std::vector<char*>& arguments, int lock, int out, int log) {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::fcntl(lock, F_SETFD, 0);
  ::execv(program.c_str(), arguments.data());
  ::_exit(127);
}

/// The first line that the child prints; empty when it ended instead.
std::string first_line(int descriptor) {
  std::string line;
  char character = 0;
  for (;;) {
    const ssize_t got = ::read(descriptor, &character, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return {};
    if (character == '\n') return line;
    line += character;
  }
}

}  // namespace

std::string pid_file(const std::string& data_dir) {
  return std::filesystem::path(data_dir) / "yizhan.pid";
}

std::string log_file(const std::string& data_dir) {
  return std::filesystem::path(data_dir) / "yizhan.log";
}

std::string log_place(const config::LogSection& log) {
  return log.to == log::Destination::kJournal ? "systemd's journal: journalctl -t yizhan" : log.file;
}

std::vector<std::pair<std::string, std::string>> listeners_of(const BackgroundService& service) {
  std::vector<std::pair<std::string, std::string>> listeners;
  std::istringstream words(service.ready_line);
  for (std::string word; words >> word;) {
    if (const auto equals = word.find('='); equals != std::string::npos) {
      listeners.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return listeners;
}

Result<std::optional<BackgroundService>> find_background(const std::string& data_dir) {
  const std::string path = pid_file(data_dir);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return unavailable("read", path);
  }
  // Shared, so that several who look at once do not take each other for the service.
  if (::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;
  return read_text(read_whole(file.get()));
}

Result<BackgroundService> start_background(const std::string& data_dir, const std::string& program,
                                           const std::vector<std::string>& arguments) {
  std::error_code failure;
  std::filesystem::create_directories(data_dir, failure);
  const std::string path = pid_file(data_dir);
  Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0) return unavailable("write", path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const BackgroundService running = read_text(read_whole(lock.get()));
    return fail("already_running", fmt::format("it is running already, pid {}: 'yizhan status' shows it, 'yizhan down' "
                                               "stops it",
                                               running.pid));
  }

  const std::string log_path = log_file(data_dir);
  Descriptor log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (log.get() < 0) return unavailable("write", log_path);
  const off_t log_end = ::lseek(log.get(), 0, SEEK_END);
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return unavailable("make", "a pipe");
  Descriptor from_child(pipe_ends[0]);
  Descriptor to_parent(pipe_ends[1]);

  std::vector<std::string> texts{program};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return unavailable("start", program);
  if (child == 0) become(program, pointers, lock.get(), to_parent.get(), log.get());

  to_parent.close();
  BackgroundService service{.pid = child, .started_at = utc_now(), .ready_line = {}};
  if (auto written = write_text(lock.get(), service, path); !written) return std::unexpected(written.error());
  service.ready_line = first_line(from_child.get());
  if (service.ready_line.empty()) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return fail("start_failed",
                fmt::format("it did not start; the end of {}:{}", log_path, log_tail(log_path, log_end)));
  }
  if (auto written = write_text(lock.get(), service, path); !written) return std::unexpected(written.error());
  return service;
}

Result<bool> stop_background(const BackgroundService& service, Milliseconds patience, bool kill) {
  const Descriptor process(::pidfd_open(service.pid, 0));
  if (process.get() < 0) {
    if (errno == ESRCH) return true;
    return unavailable("reach", fmt::format("process {}", service.pid));
  }
  const auto ended_within = [&](Milliseconds time) {
    pollfd waiting{.fd = process.get(), .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(time.count())) > 0;
  };
  if (::pidfd_send_signal(process.get(), SIGTERM, nullptr, 0) != 0 && errno != ESRCH) {
    return unavailable("stop", fmt::format("process {}", service.pid));
  }
  if (ended_within(patience)) return true;
  if (!kill) return false;
  ::pidfd_send_signal(process.get(), SIGKILL, nullptr, 0);
  constexpr Milliseconds kDying{10000};
  return ended_within(kDying);
}

}  // namespace yizhan::cli

#include "app/service_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>

// glibc 2.36 (Debian 12) forgets to say that these are C functions.
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>

namespace yizhan::app {
namespace {

constexpr std::string_view kPrefix = "service-";
/// Ends the file: what is read before the whole is written has none.
constexpr std::string_view kEnd = ".";

std::string path_of(const std::string& data_dir, const std::string& name) {
  return std::filesystem::path(data_dir) / name;
}

std::string in_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

/// Its pid, since when it runs, its last reload, what there is to say of that, the end.
std::string to_text(UtcTime started_at, const ReloadOutcome& outcome) {
  std::string text = fmt::format("{}\n{}\n{} {} {}\n", ::getpid(), to_rfc3339(started_at), outcome.number,
                                 outcome.done ? "done" : "refused", to_rfc3339(outcome.at));
  for (const std::string& line : outcome.lines) text += "- " + in_one_line(line) + '\n';
  return text += fmt::format("{}\n", kEnd);
}

std::optional<RunningService> read_text(const std::string& text) {
  RunningService service;
  std::istringstream lines(text);
  std::string started, word, at;
  lines >> service.pid >> started >> service.last_reload.number >> word >> at;
  lines.ignore();
  if (!lines) return std::nullopt;
  service.started_at = parse_time(started).value_or(UtcTime{});
  service.last_reload.done = word == "done";
  service.last_reload.at = parse_time(at).value_or(UtcTime{});
  for (std::string line; std::getline(lines, line);) {
    if (line == kEnd) return service;
    if (line.starts_with("- ")) service.last_reload.lines.push_back(line.substr(2));
  }
  return std::nullopt;
}

/// Shared, so that several who look at once do not take each other for the service.
bool is_held(int descriptor) {
  return ::flock(descriptor, LOCK_SH | LOCK_NB) != 0;
}

/// Whether this process has that very file open. Numbers mean other processes in another container.
bool has_open(pid_t pid, int file) {
  struct stat wanted{};
  if (::fstat(file, &wanted) != 0) return false;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), failure)) {
    struct stat open{};
    if (::stat(entry.path().c_str(), &open) != 0) continue;
    if (open.st_dev == wanted.st_dev && open.st_ino == wanted.st_ino) return true;
  }
  return false;
}

template <class Visit>
void for_each_file(const std::string& data_dir, Visit visit) {
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(data_dir, failure)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    const Descriptor file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() >= 0) visit(entry.path().string(), file.get());
  }
}

}  // namespace

Result<ServiceFile> ServiceFile::make(const std::string& data_dir) {
  std::error_code failure;
  std::filesystem::create_directories(data_dir, failure);
  for_each_file(data_dir, [](const std::string& path, int file) {
    if (!is_held(file)) ::unlink(path.c_str());
  });
  // Under its name only when the lock is held: until then nobody may take it for one that was left behind.
  const std::string path = path_of(data_dir, fmt::format("{}{}", kPrefix, ::getpid()));
  const std::string unlocked = path_of(data_dir, fmt::format(".{}{}", kPrefix, ::getpid()));
  Descriptor file(::open(unlocked.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0 || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail("service_file_unwritable", fmt::format("could not write {}: {}", unlocked, std::strerror(errno)));
  }
  ServiceFile made(std::move(file), path, utc_now());
  made.write({});
  std::filesystem::rename(unlocked, path, failure);
  if (failure) return fail("service_file_unwritable", fmt::format("could not write {}: {}", path, failure.message()));
  return made;
}

ServiceFile::~ServiceFile() {
  if (file_.get() >= 0) ::unlink(path_.c_str());
}

void ServiceFile::write(const ReloadOutcome& outcome) const {
  // In place: whoever waits for it watches this very file.
  const std::string text = to_text(started_at_, outcome);
  const bool written = ::pwrite(file_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  static_cast<void>(written && ::ftruncate(file_.get(), static_cast<off_t>(text.size())) == 0);
}

std::vector<RunningService> running_services(const std::string& data_dir) {
  std::vector<RunningService> services;
  for_each_file(data_dir, [&](const std::string& path, int file) {
    if (!is_held(file)) return;
    auto service = read_text(read_whole(file));
    if (!service) return;
    service->path = path;
    services.push_back(std::move(*service));
  });
  std::ranges::sort(services, {}, &RunningService::started_at);
  return services;
}

Result<ReloadOutcome> reload_service(const RunningService& service, Milliseconds patience) {
  const auto unanswered = [&](std::string_view what) {
    return fail("reload_unanswered", fmt::format("the service with pid {} {}: its log says more", service.pid, what));
  };
  const Descriptor file(::open(service.path.c_str(), O_RDONLY | O_CLOEXEC));
  const Descriptor process(::pidfd_open(service.pid, 0));
  const Descriptor watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (file.get() < 0 || process.get() < 0) return unanswered("has ended");
  ::inotify_add_watch(watch.get(), service.path.c_str(), IN_MODIFY);
  // The process was opened before the lock was looked at: it is the one that holds it.
  const auto before = read_text(read_whole(file.get()));
  if (!is_held(file.get()) || !before || before->pid != service.pid) return unanswered("has ended");
  if (!has_open(service.pid, file.get()) || ::pidfd_send_signal(process.get(), SIGHUP, nullptr, 0) != 0) {
    return fail("service_unreachable",
                fmt::format("process {} cannot be signalled from here. Run this as the service's "
                            "user, and in its container where it has one",
                            service.pid));
  }
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto now = read_text(read_whole(file.get()));
    if (now && now->last_reload.number > before->last_reload.number) return now->last_reload;
    const auto left = std::chrono::ceil<Milliseconds>(until - std::chrono::steady_clock::now());
    if (left <= Milliseconds{0})
      return unanswered(fmt::format("has not answered within {} s", patience.count() / 1000));
    std::array<pollfd, 2> waiting{pollfd{.fd = watch.get(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = process.get(), .events = POLLIN, .revents = 0}};
    ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count()));
    if (waiting[1].revents != 0) return unanswered("has ended");
    std::array<char, 4096> events{};
    while (::read(watch.get(), events.data(), events.size()) > 0) {
    }
  }
}

}  // namespace yizhan::app

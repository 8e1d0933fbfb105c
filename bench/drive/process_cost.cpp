#include "drive/process_cost.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace yizhan::bench {
namespace {

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> children;
  std::error_code gone;  // a process may end while it is looked at
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process), gone)) {
    std::ifstream file(thread.path() / "children");
    for (pid_t child = 0; file >> child;) children.push_back(child);
  }
  return children;
}

/// Fields 14–17 of /proc/PID/stat: own user and system ticks, then those of reaped children.
double own_cpu_seconds_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string line;
  if (!std::getline(file, line)) return 0;
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field <= 13; ++field) fields >> skipped;
  double ticks = 0;
  for (int field = 14; field <= 17; ++field) {
    double value = 0;
    fields >> value;
    ticks += value;
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::int64_t own_resident_bytes_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", process));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Pss:")) return std::stoll(line.substr(4)) * 1024;
  }
  return 0;
}

}  // namespace

double cpu_seconds_of(const std::vector<pid_t>& processes) {
  double seconds = 0;
  for (const pid_t process : processes) seconds += own_cpu_seconds_of(process) + cpu_seconds_of(children_of(process));
  return seconds;
}

std::int64_t resident_bytes_of(const std::vector<pid_t>& processes) {
  std::int64_t bytes = 0;
  for (const pid_t process : processes) {
    bytes += own_resident_bytes_of(process) + resident_bytes_of(children_of(process));
  }
  return bytes;
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace yizhan::bench

// How a running service is found by the commands beside it, and how its last reload went: the file
// <data_dir>/service-<pid>, which the service holds a lock on for as long as it lives. So a file that a crash left
// behind is told from one that counts, and no other process is ever signalled because it has got the same number.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/error.h"

namespace yizhan::app {

struct ReloadOutcome {
  std::int64_t number = 0;  ///< of the reload, since the service started; 0: there was none
  UtcTime at{};
  bool done = false;  ///< false: refused, and nothing has changed
  /// For people, one line each: what has changed and what needs a restart, or what is wrong.
  std::vector<std::string> lines;
};

/// The service's side.
class ServiceFile {
 public:
  /// Writes it; the process must be ready to be signalled. Removes those of processes that are gone. Code
  /// `service_file_unwritable`.
  static Result<ServiceFile> make(const std::string& data_dir);
  ServiceFile(ServiceFile&&) noexcept = default;
  ServiceFile& operator=(ServiceFile&&) = delete;
  ~ServiceFile();

  void write(const ReloadOutcome& outcome) const;

 private:
  ServiceFile(Descriptor file, std::string path, UtcTime started_at)
      : file_(std::move(file)), path_(std::move(path)), started_at_(started_at) {}
  Descriptor file_;
  std::string path_;
  UtcTime started_at_;
};

struct RunningService {
  pid_t pid = 0;
  UtcTime started_at{};
  ReloadOutcome last_reload;
  std::string path;  ///< of its file
};

/// Those that run with this data directory, whoever started them.
std::vector<RunningService> running_services(const std::string& data_dir);

/// Signals it and waits for the outcome. Codes `reload_unanswered` (it ended, or took longer than `patience`),
/// `service_unreachable` (no right to signal it).
Result<ReloadOutcome> reload_service(const RunningService& service, Milliseconds patience);

}  // namespace yizhan::app

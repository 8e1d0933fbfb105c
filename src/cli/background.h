// The service in the background: started, found again and stopped. START HERE for `up`, `down` and `status`.
//
// <data_dir>/yizhan.pid names the process; the process holds a lock on that file for as long as it lives, so a file
// that a crash left behind is told from one that counts, and no other process is ever taken for ours because it has
// got the same number.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"

namespace yizhan::cli {

struct BackgroundService {
  pid_t pid = 0;
  UtcTime started_at{};
  std::string ready_line;  ///< `yizhan ready api=127.0.0.1:7401 …`; empty while it is starting
};

std::string pid_file(const std::string& data_dir);
/// What the process itself says (its standard error); unless log.file is another, its log, too.
std::string log_file(const std::string& data_dir);
/// Where it logs, for people.
std::string log_place(const config::LogSection& log);

/// Name and address of each of its listeners, as it said when it was ready: `api`, `127.0.0.1:7401`.
std::vector<std::pair<std::string, std::string>> listeners_of(const BackgroundService& service);

/// The one that runs in this data directory, if there is one. Code `background_unavailable` (the file cannot be read).
Result<std::optional<BackgroundService>> find_background(const std::string& data_dir);

/// Starts `program` with `arguments`, which must print one line when it is ready; its standard error goes to the log
/// file. Returns when it is ready. Codes: `already_running`,
/// `start_failed` (with the end of what it logged), `background_unavailable`.
Result<BackgroundService> start_background(const std::string& data_dir, const std::string& program,
                                           const std::vector<std::string>& arguments);

/// SIGTERM, then waits at most `patience` for its end; with `kill` SIGKILL follows. False: it still runs. Code
/// `background_unavailable`.
Result<bool> stop_background(const BackgroundService& service, Milliseconds patience, bool kill);

}  // namespace yizhan::cli

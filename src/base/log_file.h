// A log file that is rotated: `yizhan.log` becomes `yizhan.log.1`, that `yizhan.log.2`, and so on.
//
// Rotation happens between lines, by this process alone: none is lost, none is torn. Somebody else may rotate instead
// (logrotate): when the file at the path is another one, or none, it is opened anew within a second, or at once by
// reopen(). On a full disk lines are lost, whole ones, and writing goes on when there is room.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "base/log_sink.h"

namespace yizhan::log {

struct LogFileOptions {
  std::string path;
  std::size_t rotate_size = 0;  ///< bytes that a file may have; 0: as many as come
  std::size_t rotate_keep = 7;  ///< rotated files that are kept; the oldest is deleted
  bool rotate_daily = false;    ///< at the first line of a day (UTC) that is not the file's
};

/// Code `log_file_unusable`.
Result<std::unique_ptr<LogSink>> open_log_file(LogFileOptions options);

}  // namespace yizhan::log

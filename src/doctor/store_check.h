// Check `store`: can it be opened, is there room, is its quota kept, does it keep what it was given, is its disk fast
// enough?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doctor/examination.h"
#include "domain/retention.h"

namespace yizhan::doctor {

/// A sync takes longer: every commit waits for one.
inline constexpr Milliseconds kSlowSync{50};
/// Less room: the next checkpoint may not fit.
inline constexpr std::uintmax_t kNoRoom = 8 << 20;
/// Less room than both: soon full.
inline constexpr std::uintmax_t kLittleRoom = std::uintmax_t{1} << 30;
inline constexpr double kLittleShare = 0.1;
/// The embedded file's log is longer: somebody keeps it from being moved into the database.
inline constexpr std::uintmax_t kLongLog = 128 << 20;

struct StoreFacts {
  std::string place;           ///< the embedded file; empty: a server
  std::optional<Error> error;  ///< why it could not be opened
  struct Space {
    std::uintmax_t available = 0;
    std::uintmax_t capacity = 0;
  };
  std::optional<Space> space;         ///< of the file system that the file is on
  std::uintmax_t log = 0;             ///< bytes of the embedded file's log
  std::int64_t disk_quota = 0;        ///< retention.disk_quota; 0: what the file system has room for
  std::optional<StoreSpace> taken;    ///< of that; judged from kSpaceWarning on, as the log and the alert do
  std::optional<Microseconds> sync;   ///< what one takes there
  std::vector<std::string> warnings;  ///< store::Store::warnings()
};
std::vector<Finding> judge_store(const StoreFacts& facts);

/// Some syncs of a file without a name in that directory; the middle one. Code `file_unwritable`.
Result<Microseconds> measure_sync(const std::string& directory);

void check_store(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor

// A disk that fails when told to: a SQLite VFS in front of the usual one, used by every connection while it exists.
#pragma once

#include <atomic>

namespace yizhan::store {

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  /// The next `count` syncs of the write-ahead log fail with an I/O error, after their data was written.
  void fail_log_syncs(int count);
  /// Writes find no room until told otherwise.
  void set_full(bool full);
  /// No file can be opened until told otherwise.
  void set_gone(bool gone);
  int failed_syncs() const;
  /// Calls that wrote to a write-ahead log.
  int log_writes() const;
};

}  // namespace yizhan::store

// The lock by which one process owns an embedded database: `<database>.lock`, held with flock() while the process
// lives, its pid inside. The kernel releases it when the process dies, however it dies.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/error.h"

namespace yizhan::store::sqlite {

class FileLock {
 public:
  /// `store_locked`, naming the process that holds it.
  static Result<FileLock> take(const std::string& database_path);

  /// Who holds it; empty when nobody does.
  static std::optional<pid_t> holder(const std::string& database_path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace yizhan::store::sqlite

#include "store/sqlite/log_writes.h"

#include <sqlite3.h>

#include <cstddef>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <string>

namespace yizhan::store::sqlite {
namespace {

/// Of the log, gathered: 31 pages with their headers; longer runs go out in several pieces. SQLite's system layer
/// writes 128 KiB less one byte at most, and takes more for a full disk (seekAndWriteFd() in os_unix.c).
constexpr std::size_t kGathered = 31 * std::size_t{24 + 4096};

/// Lives in memory of SQLite's, in front of the system layer's file.
struct LogFile {
  sqlite3_file base;  ///< what SQLite sees
  std::unique_ptr<std::byte[]> gathered;
  std::size_t size;
  sqlite3_int64 offset;  ///< of the first gathered byte

  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }

  int let_out() {
    if (size == 0) return SQLITE_OK;
    const auto length = static_cast<int>(size);
    size = 0;  // what could not be written is not tried again: the transaction fails with it
    return below()->pMethods->xWrite(below(), gathered.get(), length, offset);
  }

  int write(std::span<const std::byte> bytes, sqlite3_int64 at) {
    const bool fits = size + bytes.size() <= kGathered && at == offset + static_cast<sqlite3_int64>(size);
    if (!fits || size == 0) {
      if (const int code = let_out(); code != SQLITE_OK) return code;
      if (bytes.size() > kGathered) {
        return below()->pMethods->xWrite(below(), bytes.data(), static_cast<int>(bytes.size()), at);
      }
      offset = at;
    }
    std::memcpy(gathered.get() + size, bytes.data(), bytes.size());
    size += bytes.size();
    return SQLITE_OK;
  }
};

LogFile& log_of(sqlite3_file* file) {
  return *reinterpret_cast<LogFile*>(file);
}

/// The same call on the system's file, once all that was gathered is there.
template <auto kMember, class... Arguments>
int after_letting_out(sqlite3_file* file, Arguments... arguments) {
  LogFile& log = log_of(file);
  if (const int code = log.let_out(); code != SQLITE_OK) return code;
  return (log.below()->pMethods->*kMember)(log.below(), arguments...);
}

/// The same call on the system's file; the bytes do not matter to it.
template <auto kMember, class... Arguments>
int pass_on(sqlite3_file* file, Arguments... arguments) {
  return (log_of(file).below()->pMethods->*kMember)(log_of(file).below(), arguments...);
}

int close_log(sqlite3_file* file) {
  LogFile& log = log_of(file);
  const int written = log.let_out();
  const int closed = log.below()->pMethods->xClose(log.below());
  std::destroy_at(&log);
  return written != SQLITE_OK ? written : closed;
}

int write_log(sqlite3_file* file, const void* bytes, int length, sqlite3_int64 offset) {
  return log_of(file).write({static_cast<const std::byte*>(bytes), static_cast<std::size_t>(length)}, offset);
}

// Version 1: the log has neither shared memory nor a mapping; those are the database file's.
constexpr sqlite3_io_methods kLogMethods{
    .iVersion = 1,
    .xClose = close_log,
    .xRead = after_letting_out<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = write_log,
    .xTruncate = after_letting_out<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    .xSync = after_letting_out<&sqlite3_io_methods::xSync, int>,
    .xFileSize = after_letting_out<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = pass_on<&sqlite3_io_methods::xLock, int>,
    .xUnlock = pass_on<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = pass_on<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = after_letting_out<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize = pass_on<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = pass_on<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

/// This layer over one that was SQLite's default when it was asked for: tests put a disk there that fails.
struct Layer {
  std::string name;
  sqlite3_vfs* system;
  sqlite3_vfs vfs;
};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* opened_flags) {
  sqlite3_vfs& lower = *static_cast<sqlite3_vfs*>(vfs->pAppData);
  if ((flags & SQLITE_OPEN_WAL) == 0) return lower.xOpen(&lower, name, file, flags, opened_flags);
  // SQLite calls close only for a file that has methods: the object has to come to its end here otherwise.
  std::unique_ptr<std::byte[]> gathered(new (std::nothrow) std::byte[kGathered]);
  file->pMethods = nullptr;
  if (!gathered) return SQLITE_NOMEM;
  LogFile& log = *new (file) LogFile{.base = {}, .gathered = std::move(gathered), .size = 0, .offset = 0};
  const int code = lower.xOpen(&lower, name, log.below(), flags, opened_flags);
  if (code != SQLITE_OK) {
    if (log.below()->pMethods != nullptr) log.below()->pMethods->xClose(log.below());
    std::destroy_at(&log);
    file->pMethods = nullptr;
    return code;
  }
  log.base.pMethods = &kLogMethods;
  return SQLITE_OK;
}

}  // namespace

const char* gathering_vfs() {
  static std::mutex mutex;
  static std::list<Layer> layers;  // SQLite keeps their addresses
  const std::lock_guard lock(mutex);
  sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
  for (const Layer& known : layers) {
    if (known.system == system) return known.name.c_str();
  }
  Layer& made =
      layers.emplace_back(Layer{.name = std::string("gathering-") + system->zName, .system = system, .vfs = *system});
  made.vfs.pNext = nullptr;
  made.vfs.zName = made.name.c_str();
  made.vfs.szOsFile += static_cast<int>(sizeof(LogFile));
  made.vfs.pAppData = system;
  made.vfs.xOpen = open_file;
  sqlite3_vfs_register(&made.vfs, 0);
  return made.name.c_str();
}

}  // namespace yizhan::store::sqlite

#include "faulty_disk.h"

#include <sqlite3.h>

#include <cstring>
#include <new>

namespace yizhan::store {
namespace {

std::atomic<int> log_syncs_to_fail = 0;
std::atomic<int> log_syncs_failed = 0;
std::atomic<int> log_writes_made = 0;
std::atomic<bool> disk_full = false;
std::atomic<bool> disk_gone = false;

/// Its real file lies behind it in memory.
struct FaultyFile {
  sqlite3_file base;
  bool is_log;
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<FaultyFile*>(file) + 1);
}
const sqlite3_io_methods* methods(sqlite3_file* file) {
  return real(file)->pMethods;
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  if (disk_full) return SQLITE_FULL;
  if (reinterpret_cast<FaultyFile*>(file)->is_log) ++log_writes_made;
  return methods(file)->xWrite(real(file), data, size, offset);
}

int sync_file(sqlite3_file* file, int flags) {
  if (reinterpret_cast<FaultyFile*>(file)->is_log && log_syncs_to_fail > 0) {
    --log_syncs_to_fail;
    ++log_syncs_failed;
    return SQLITE_IOERR_FSYNC;
  }
  return methods(file)->xSync(real(file), flags);
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = [](sqlite3_file* f) { return methods(f)->xClose(real(f)); },
    .xRead = [](sqlite3_file* f, void* d, int n, sqlite3_int64 o) { return methods(f)->xRead(real(f), d, n, o); },
    .xWrite = write_file,
    .xTruncate = [](sqlite3_file* f, sqlite3_int64 n) { return methods(f)->xTruncate(real(f), n); },
    .xSync = sync_file,
    .xFileSize = [](sqlite3_file* f, sqlite3_int64* n) { return methods(f)->xFileSize(real(f), n); },
    .xLock = [](sqlite3_file* f, int l) { return methods(f)->xLock(real(f), l); },
    .xUnlock = [](sqlite3_file* f, int l) { return methods(f)->xUnlock(real(f), l); },
    .xCheckReservedLock = [](sqlite3_file* f, int* r) { return methods(f)->xCheckReservedLock(real(f), r); },
    .xFileControl = [](sqlite3_file* f, int op, void* a) { return methods(f)->xFileControl(real(f), op, a); },
    .xSectorSize = [](sqlite3_file* f) { return methods(f)->xSectorSize(real(f)); },
    .xDeviceCharacteristics = [](sqlite3_file* f) { return methods(f)->xDeviceCharacteristics(real(f)); },
    .xShmMap = [](sqlite3_file* f, int p, int n, int e,
                  void volatile** m) { return methods(f)->xShmMap(real(f), p, n, e, m); },
    .xShmLock = [](sqlite3_file* f, int o, int n, int l) { return methods(f)->xShmLock(real(f), o, n, l); },
    .xShmBarrier = [](sqlite3_file* f) { methods(f)->xShmBarrier(real(f)); },
    .xShmUnmap = [](sqlite3_file* f, int d) { return methods(f)->xShmUnmap(real(f), d); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

sqlite3_vfs* usual = nullptr;
sqlite3_vfs faulty;

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if (disk_gone) return SQLITE_CANTOPEN;
  reinterpret_cast<FaultyFile*>(file)->is_log = (flags & SQLITE_OPEN_WAL) != 0;
  const int code = usual->xOpen(usual, name, real(file), flags, out_flags);
  if (real(file)->pMethods != nullptr) file->pMethods = &kMethods;
  return code;
}

}  // namespace

FaultyDisk::FaultyDisk() {
  usual = sqlite3_vfs_find(nullptr);
  faulty = *usual;
  faulty.zName = "faulty";
  faulty.szOsFile = static_cast<int>(sizeof(FaultyFile)) + usual->szOsFile;
  faulty.xOpen = open_file;
  sqlite3_vfs_register(&faulty, 1);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&faulty);
  sqlite3_vfs_register(usual, 1);
  log_syncs_to_fail = 0;
  log_syncs_failed = 0;
  log_writes_made = 0;
  disk_full = false;
  disk_gone = false;
}

void FaultyDisk::fail_log_syncs(int count) {
  log_syncs_to_fail = count;
}
void FaultyDisk::set_full(bool full) {
  disk_full = full;
}
void FaultyDisk::set_gone(bool gone) {
  disk_gone = gone;
}
int FaultyDisk::log_writes() const {
  return log_writes_made;
}

int FaultyDisk::failed_syncs() const {
  return log_syncs_failed;
}

}  // namespace yizhan::store

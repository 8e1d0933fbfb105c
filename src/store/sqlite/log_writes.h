// The file layer (VFS) of the connection that writes. SQLite writes each page of its log with two calls, a header of 24
// bytes and the page, and a commit has some 20 pages: here they are gathered, and go to the system in one piece when
// the commit syncs. Nobody can tell: other connections learn of a page in the log only after that
// (https://www.sqlite.org/walformat.html), and whatever else is done to the log lets it out first.
// All other files, and other connections, have SQLite's own layer.
#pragma once

namespace yizhan::store::sqlite {

/// Its name for sqlite3_open_v2(), over what is SQLite's default layer now. A failure to write is the error of the call
/// that lets it out, at the latest the sync's, so the commit fails. Thread-safe; a file belongs to its connection's
/// thread.
const char* gathering_vfs();

}  // namespace yizhan::store::sqlite

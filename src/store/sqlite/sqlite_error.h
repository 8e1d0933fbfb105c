// What SQLite's result codes mean to a caller of the store (https://www.sqlite.org/rescode.html).
#pragma once

#include <sqlite3.h>

#include <string_view>

#include "base/error.h"

namespace yizhan::store::sqlite {

/// The error of the last call on `database`, which gave `code`; `doing` completes "could not …". Triggers of our schema
/// name their own code at the front of the message (`value_refused: …`).
Error error_of(sqlite3* database, int code, std::string_view doing);

/// The disk failed a read, a write or a sync: this connection's view of the file can no longer be trusted.
bool is_io_error(int code);

/// The text for a damaged file, with the way back.
Error corrupt_file(std::string_view path, std::string_view finding);

}  // namespace yizhan::store::sqlite

// The database file as a whole: made, brought to the schema of this version, and judged before it is used.
#pragma once

#include <cstdint>
#include <string>

#include "store/sqlite/connection.h"

namespace yizhan::store::sqlite {

/// The version this program knows.
int newest_schema_version();

/// Makes the file (mode 0600) and its directory where they are missing, in write-ahead-log mode.
Result<void> make_file(const std::string& path);

/// The version of the schema in the file: 0 for an empty one.
Result<int> schema_version(Connection& connection);

/// Runs the migrations that the file lacks, each in a transaction; answers how many. `store_newer` when the file was
/// written by a later program.
Result<int> migrate(Connection& connection, UtcTime now);

/// Up to this size a start reads everything: about half a second.
inline constexpr std::uintmax_t kCheckedWholeBytes = 128ULL << 20;

/// `store_corrupt` when the file is damaged (fault 9). Reads the whole of a small file; of a large one only what an
/// orderly start can afford: the header, the schema, and the ends of the trees that are written to.
Result<void> check_file(Connection& connection, const std::string& path,
                        std::uintmax_t whole_up_to = kCheckedWholeBytes);

}  // namespace yizhan::store::sqlite

// Where retention writes what it is about to delete: files of a day (UTC) in one directory, as `yizhan export` writes
// lines (api/export_json.h). What was written is on the disk before the rows go; when the process dies in between, the
// same lines come again: a line may be there twice, never not at all.
#pragma once

#include <string>

#include "store/retention.h"

namespace yizhan::app {

/// Makes the directory if need be. Codes of what it answers later: `archive_failed`, which names the file. One thread
/// at a time.
store::KeepLeaving archive_into(std::string directory);

}  // namespace yizhan::app

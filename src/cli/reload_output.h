// How a reload went, for `reload` and `status`.
#pragma once

#include "app/service_file.h"
#include "cli/json_output.h"

namespace yizhan::cli {

void write_reload(JsonWriter& writer, const app::ReloadOutcome& outcome);

}  // namespace yizhan::cli

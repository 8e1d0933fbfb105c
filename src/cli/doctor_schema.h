// `yizhan doctor schema`: what in the tables of an older system would not work here.
#pragma once

#include <vector>

#include "cli/command.h"
#include "cli/context.h"
#include "store/push.h"

namespace yizhan::cli {

/// Adds it to `yizhan doctor`.
void add_doctor_schema(Command doctor, Context& context);

/// In the configured store, whatever the version of its schema.
Result<std::vector<store::SchemaFinding>> examine_schema(const Context& context);

}  // namespace yizhan::cli
